-- The shop's orders, at the source (MySQL 8, MariaDB 10.6 and later).
create database if not exists order_db character set utf8mb4;
use order_db;

create table if not exists orders (
  id bigint not null auto_increment primary key,
  user_id bigint not null,
  product_name varchar(255) not null,
  quantity int not null,
  total_price decimal(12, 2) not null,
  created_at datetime(6) not null default current_timestamp(6),
  updated_at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
  key orders_user_id (user_id)
);

insert ignore into orders (id, user_id, product_name, quantity, total_price) values
  (1, 100, 'Notebook', 1, 1290.00),
  (2, 101, 'Keyboard', 2, 178.00),
  (3, 102, 'Monitor', 1, 349.90);
