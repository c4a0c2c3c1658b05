-- The seeds' account, for a first start of MySQL 8: everything a capture needs (Debezium's and our own), and the
-- right to change the rows it watches.
create user if not exists 'debezium'@'%' identified by 'dbz';
grant select, reload, show databases, replication slave, replication client, lock tables on *.* to 'debezium'@'%';
grant all on bankdb.* to 'debezium'@'%';
grant all on order_db.* to 'debezium'@'%';
