//! What is done inside the writer's transaction.

mod accept;
mod claim;
mod record;

use rusqlite::{Connection, ToSql, params_from_iter, types};

use super::fault::Fault;
use crate::backend::Question;
use crate::value::{Applied, Row, Statement, Value};

/// The writer's connection inside a transaction.
pub(super) struct Pen<'a> {
    pub(super) conn: &'a Connection,
    /// The first lease of this boot: that of runs which this process begins.
    pub(super) boot_epoch: i64,
    /// The last lease that was given.
    pub(super) lease: &'a mut i64,
}

impl Pen<'_> {
    pub(super) fn query(&mut self, question: &Question) -> Result<Vec<Row>, Fault> {
        Ok(read(self.conn, question)?)
    }

    /// All statements, or none where one does not find what it expects.
    pub(super) fn apply(&mut self, statements: &[Statement]) -> Result<Applied, Fault> {
        // Neighbours in the transaction must not be undone with it.
        self.conn.prepare_cached("SAVEPOINT one")?.execute([])?;
        let mut done = Vec::with_capacity(statements.len());
        for (at, statement) in statements.iter().enumerate() {
            let (changed, rows) = execute(self.conn, &statement.sql, &statement.values)?;
            if statement.rows.is_some_and(|expected| expected != changed) {
                self.conn.prepare_cached("ROLLBACK TO one")?.execute([])?;
                self.conn.prepare_cached("RELEASE one")?.execute([])?;
                return Ok(Applied::Unmet(at));
            }
            done.push(rows);
        }
        self.conn.prepare_cached("RELEASE one")?.execute([])?;
        Ok(Applied::Done(done))
    }
}

pub(super) fn read(conn: &Connection, question: &Question) -> rusqlite::Result<Vec<Row>> {
    Ok(execute(conn, &question.sql, &question.values)?.1)
}

/// How many rows it changed or returned, and those returned.
fn execute(conn: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<(usize, Vec<Row>)> {
    // What PostgreSQL calls $1 is ?1 here: SQLite would take $1 as a name and number it by where it first stands.
    let mut statement = conn.prepare_cached(&sql.replace('$', "?"))?;
    let columns = statement.column_count();
    if columns == 0 {
        return Ok((statement.execute(params_from_iter(values))?, Vec::new()));
    }
    let mut answer = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        let values = (0..columns).map(|column| Ok(owned(row.get_ref(column)?)));
        rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
    }
    Ok((rows.len(), rows))
}

fn owned(value: types::ValueRef<'_>) -> Value {
    match value {
        types::ValueRef::Null => Value::Null,
        types::ValueRef::Integer(number) => Value::Int(number),
        // No column holds one; as text it is refused by whoever reads a number.
        types::ValueRef::Real(number) => Value::Text(number.to_string()),
        types::ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        types::ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<types::ToSqlOutput<'_>> {
        Ok(types::ToSqlOutput::Borrowed(match self {
            Self::Null => types::ValueRef::Null,
            Self::Int(number) => types::ValueRef::Integer(*number),
            Self::Text(text) => types::ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => types::ValueRef::Blob(bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connect;
    use crate::value::values;

    #[test]
    fn statements_are_applied_all_or_none() {
        let conn = connect::writer(None).unwrap();
        let mut pen = Pen { conn: &conn, boot_epoch: 0, lease: &mut 0 };
        let add = |name: &str| Statement::one("INSERT INTO org (name) VALUES ($1)", values![name]);
        let rename = || Statement::one("UPDATE org SET name = $1 WHERE name = $2", values!["x", "nobody"]);
        conn.execute_batch("BEGIN").unwrap();
        assert!(matches!(pen.apply(&[add("neighbour")]), Ok(Applied::Done(_))));
        assert_eq!(pen.apply(&[add("a"), add("b"), rename(), add("c")]), Ok(Applied::Unmet(2)));
        conn.execute_batch("COMMIT").unwrap();
        let question = Question { sql: "SELECT name FROM org ORDER BY id".into(), values: Vec::new() };
        let names: Vec<String> =
            read(&conn, &question).unwrap().iter_mut().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(names, ["default", "neighbour"]);
    }
}
