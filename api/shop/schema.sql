-- Rows that orders change leave room on their page: an update then stays in
-- place (HOT) and the next reader prunes it, so hours of orders do not bloat
-- the tables that every visitor searches.
CREATE TABLE products (
    id          bigint PRIMARY KEY,
    name        text   NOT NULL,
    category    text   NOT NULL,
    description text   NOT NULL,
    price_cents bigint NOT NULL CHECK (price_cents > 0),
    stock       bigint NOT NULL CHECK (stock >= 0)
) WITH (fillfactor = 80);

CREATE TABLE customers (
    id           bigint PRIMARY KEY,
    name         text   NOT NULL,
    wallet_cents bigint NOT NULL CHECK (wallet_cents >= 0)
) WITH (fillfactor = 50);

CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer    bigint      NOT NULL REFERENCES customers,
    product     bigint      NOT NULL REFERENCES products,
    quantity    bigint      NOT NULL CHECK (quantity > 0),
    total_cents bigint      NOT NULL,
    placed_at   timestamptz NOT NULL DEFAULT now()
);

-- Whoever has a login may look: the jobs do.
GRANT SELECT ON products, customers, orders TO PUBLIC;

CREATE TABLE shop_schema (version int PRIMARY KEY);
