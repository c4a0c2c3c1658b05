-- For a first start of ClickHouse: the database of the orders pipeline.
create database if not exists order_analytics;
