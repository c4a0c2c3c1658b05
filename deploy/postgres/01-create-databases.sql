-- For a first start of PostgreSQL: the metadata database and the bank's warehouse, each with a role of its own.
create role tidegate login password 'tidegate';
create database tidegate owner tidegate;
create role dwuser login password 'dwpassword';
create database bankdw owner dwuser;

\connect bankdw
set role dwuser;
\ir /warehouse/bankdw.sql
