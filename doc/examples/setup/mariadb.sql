CREATE TABLE products (id int PRIMARY KEY, name varchar(100) NOT NULL, price decimal(10, 2) NOT NULL);
INSERT INTO products VALUES (1, 'sluice gate', 1250.00), (2, 'spillway', 99999.99), (3, 'weir', 420.50);
