-- What of an order went back to the buyer, and when: shares of its total, one element of each array
-- per refund. A returned or cancelled order has shares that add up to 1.
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS given_back_at Array(DateTime64(3, 'UTC')) AFTER prices,
    ADD COLUMN IF NOT EXISTS given_back_share Array(Float64) AFTER given_back_at;
