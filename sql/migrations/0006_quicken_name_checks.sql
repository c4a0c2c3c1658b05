-- A check is evaluated at every update of its row, whatever changes. A bounded repetition in a regular
-- expression takes 50 us a row; that no other character occurs, within these lengths, takes half a microsecond.

alter table tidegate.dag_run
  drop constraint dag_run_run_id_check,
  add constraint dag_run_run_id_check
    check (run_id !~ '[^A-Za-z0-9_.~:+-]' and length(run_id) between 1 and 250);

alter table tidegate.dag
  drop constraint dag_dag_id_check,
  add constraint dag_dag_id_check
    check (dag_id !~ '[^A-Za-z0-9_.-]' and length(dag_id) between 1 and 250);

alter table tidegate.pool
  drop constraint pool_name_check,
  add constraint pool_name_check
    check (name !~ '[^A-Za-z0-9_.-]' and length(name) between 1 and 250);

alter table tidegate.connection
  drop constraint connection_connection_id_check,
  add constraint connection_connection_id_check
    check (connection_id !~ '[^A-Za-z0-9_.-]' and length(connection_id) between 1 and 250);

alter table tidegate.variable
  drop constraint variable_variable_id_check,
  add constraint variable_variable_id_check
    check (variable_id !~ '[^A-Za-z0-9_.-]' and length(variable_id) between 1 and 250);
