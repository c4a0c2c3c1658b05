-- What user_account_stats must hold, from current alone. The stats task keeps it so for the users that
-- changed; this is the whole of it, to compare with or to fill an empty table from.
select
  user_id,
  count(*) as account_count,
  min(created_at) as first_account_at,
  max(change_timestamp) as last_change
from bank_accounts_current
group by user_id;
