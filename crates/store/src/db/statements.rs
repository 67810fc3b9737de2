//! The macros that run one text on either driver. They are macros because the drivers share no type of query.

/// Runs a statement that answers rows and reads them: `rows!(on, RowType, "select …", value, …)`.
macro_rules! rows {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let rows = match $on {
            $crate::db::On::Sqlite(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(connection).await
            }
            $crate::db::On::Postgres(connection, cached) => {
                sqlx::query_as::<_, $row>($sql).persistent(cached)$(.bind($bind))*.fetch_all(connection).await
            }
        };
        $crate::db::read::<$row>(rows)
    }};
}

/// Runs a statement and answers how many rows it touched: `execute!(on, "update …", value, …)`.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let touched = match $on {
            $crate::db::On::Sqlite(connection) => {
                sqlx::query($sql)$(.bind($bind))*.execute(connection).await.map(|done| done.rows_affected())
            }
            $crate::db::On::Postgres(connection, cached) => {
                let query = sqlx::query($sql).persistent(cached)$(.bind($bind))*;
                query.execute(connection).await.map(|done| done.rows_affected())
            }
        };
        touched.map_err($crate::error::Error::from)
    }};
}

/// Runs one statement over several items: `execute_batch!(on, BATCH, items, |item| value, …)`. Each value is made from
/// an optional item and is null where there is none.
macro_rules! execute_batch {
    ($on:expr, $batch:expr, $items:expr, |$item:ident| $($bind:expr),+ $(,)?) => {{
        let on = $on;
        let (sql, places) = $batch.fitting(&on, $items.len());
        let places = (0..places).map(|at| $items.get(at));
        let touched = match on {
            $crate::db::On::Sqlite(connection) => {
                let mut query = sqlx::query(sql);
                for $item in places {
                    query = query$(.bind($bind))+;
                }
                query.execute(connection).await.map(|done| done.rows_affected())
            }
            $crate::db::On::Postgres(connection, cached) => {
                let mut query = sqlx::query(sql).persistent(cached);
                for $item in places {
                    query = query$(.bind($bind))+;
                }
                query.execute(connection).await.map(|done| done.rows_affected())
            }
        };
        touched.map_err($crate::error::Error::from)
    }};
}
