-- The bank's accounts, at the source (MySQL 8, MariaDB 10.6 and later).
create database if not exists bankdb character set utf8mb4;
use bankdb;

create table if not exists bank_accounts (
  id bigint not null auto_increment primary key,
  user_id bigint not null,
  account varchar(255) not null,
  created_at datetime not null default current_timestamp,
  updated_at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
  key bank_accounts_user_id (user_id)
);

insert ignore into bank_accounts (id, user_id, account) values
  (1, 1001, 'First Bank 110-234-567890'),
  (2, 1001, 'River Savings 3333-01-2345678'),
  (3, 1002, 'First Bank 110-987-654321'),
  (4, 1003, 'Harbour Credit 020-11-556677'),
  (5, 1004, 'River Savings 3333-02-8765432');
