//! Statements that change a lake, as parsed: no name in them is resolved yet.

use datafusion::sql::sqlparser::ast;
use ducklake_format::LakeType;
use ducklake_format::partition::Transform;

use crate::search::NewIndex;

/// A name of one to three parts: lake, schema, object.
pub(crate) type Name = Vec<String>;

/// One statement that changes something.
#[derive(Debug, Clone)]
pub(crate) enum WriteStatement {
    /// `BEGIN`.
    Begin,
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `CREATE SCHEMA`.
    CreateSchema { name: Name, if_not_exists: bool },
    /// `DROP SCHEMA`.
    DropSchema { name: Name, if_exists: bool, cascade: bool },
    /// `CREATE TABLE`, with or without `AS`.
    CreateTable(Box<CreateTable>),
    /// `DROP TABLE`.
    DropTable { name: Name, if_exists: bool },
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `DROP VIEW`.
    DropView { name: Name, if_exists: bool },
    /// `CREATE MACRO`.
    CreateMacro(Box<CreateMacro>),
    /// `DROP MACRO`, `DROP MACRO TABLE`.
    DropMacro { name: Name, if_exists: bool, is_table: bool },
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `DROP INDEX`, of the given table where it is said.
    DropIndex { name: Name, if_exists: bool, table: Option<Name> },
    /// `ALTER TABLE`.
    AlterTable { name: Name, if_exists: bool, action: Box<AlterAction> },
    /// `ALTER VIEW … RENAME TO`.
    RenameView { name: Name, if_exists: bool, new_name: String },
    /// `COMMENT ON`.
    Comment { on: CommentTarget, text: Option<String> },
    /// `INSERT`.
    Insert(Box<Insert>),
    /// `COPY t FROM`.
    Copy(Copy),
    /// `COPY … TO`.
    CopyTo(CopyTo),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `TRUNCATE`.
    Truncate { table: Name },
    /// `UPDATE`.
    Update(Box<Update>),
    /// `MERGE INTO`.
    Merge(Box<Merge>),
    /// `CALL`.
    Call(Call),
    /// `CHECKPOINT`, of the named lake.
    Checkpoint { lake: Option<String> },
}

/// What follows `CREATE TABLE`.
#[derive(Debug, Clone, Default)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) temporary: bool,
    /// Typed columns; empty where there is a query.
    pub(crate) columns: Vec<ColumnSpec>,
    /// Names for the query's first columns: `CREATE TABLE t (a, b) AS …`.
    pub(crate) column_names: Vec<String>,
    pub(crate) query: Option<Box<ast::Query>>,
    /// `WITH NO DATA`: only the query's columns are wanted.
    pub(crate) without_data: bool,
    pub(crate) partitioned_by: Vec<PartitionExpr>,
    pub(crate) sorted_by: Vec<SortExpr>,
}

/// A column of `CREATE TABLE` or `ADD COLUMN`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnSpec {
    pub(crate) name: String,
    pub(crate) lake_type: LakeType,
    pub(crate) nullable: bool,
    pub(crate) default: Option<ast::Expr>,
}

/// What follows `CREATE VIEW`.
#[derive(Debug, Clone)]
pub(crate) struct CreateView {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<String>,
    /// The query as the user wrote it, without a semicolon.
    pub(crate) sql: String,
    pub(crate) query: Box<ast::Query>,
}

/// What follows `CREATE INDEX`.
#[derive(Debug, Clone)]
pub(crate) struct CreateIndex {
    pub(crate) table: Name,
    pub(crate) if_not_exists: bool,
    pub(crate) index: NewIndex,
}

/// What follows `CREATE MACRO`.
#[derive(Debug, Clone)]
pub(crate) struct CreateMacro {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    /// At least one; either all or none give tables.
    pub(crate) overloads: Vec<MacroOverload>,
    pub(crate) is_table: bool,
}

/// One form of a macro.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MacroOverload {
    pub(crate) parameters: Vec<MacroParameter>,
    /// The body as the user wrote it.
    pub(crate) sql: String,
    pub(crate) body: MacroBody,
}

/// What a form of a macro stands for.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a statement has few of them, and none lives long")]
pub(crate) enum MacroBody {
    Value(ast::Expr),
    Table(Box<ast::Query>),
}

/// A parameter of a macro.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MacroParameter {
    pub(crate) name: String,
    pub(crate) lake_type: Option<LakeType>,
    pub(crate) default: Option<ast::Expr>,
}

/// A key of `PARTITIONED BY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionExpr {
    pub(crate) column: String,
    pub(crate) transform: Transform,
}

/// A key of `SORTED BY`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SortExpr {
    /// The expression as the user wrote it.
    pub(crate) sql: String,
    pub(crate) expr: ast::Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// What `ALTER TABLE` does. A path is a column, or a field inside one: `["a", "element", "b"]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AlterAction {
    /// The last part of `path` is the new column's name, which `spec` repeats.
    AddColumn {
        if_not_exists: bool,
        path: Vec<String>,
        spec: ColumnSpec,
    },
    DropColumn {
        if_exists: bool,
        path: Vec<String>,
    },
    RenameColumn {
        path: Vec<String>,
        new_name: String,
    },
    RenameTable {
        new_name: String,
    },
    SetType {
        path: Vec<String>,
        lake_type: LakeType,
    },
    SetDefault {
        column: String,
        default: ast::Expr,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    SetPartitionedBy(Vec<PartitionExpr>),
    ResetPartitionedBy,
    SetSortedBy(Vec<SortExpr>),
    ResetSortedBy,
}

/// What a comment is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommentTarget {
    Table(Name),
    View(Name),
    /// A column of a table or view.
    Column {
        table: Name,
        column: String,
    },
}

/// What follows `INSERT INTO`.
#[derive(Debug, Clone)]
pub(crate) struct Insert {
    pub(crate) table: Name,
    /// The explicit list; empty for all columns of the table.
    pub(crate) columns: Vec<String>,
    /// Columns of the query are matched by their names.
    pub(crate) by_name: bool,
    pub(crate) source: InsertSource,
}

/// Where inserted rows come from.
#[derive(Debug, Clone)]
pub(crate) enum InsertSource {
    /// A query, a `WITH` in front of INSERT included. A cell of top-level VALUES that is DEFAULT is
    /// [`is_default`].
    Query(Box<ast::Query>),
    /// `DEFAULT VALUES`: one row.
    DefaultValues,
}

/// Whether an expression of the parser is the word DEFAULT.
pub(crate) fn is_default(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Identifier(i) if i.quote_style.is_none() && i.value.eq_ignore_ascii_case("default"))
}

/// What follows `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) table: Name,
    pub(crate) columns: Vec<String>,
    pub(crate) path: String,
    /// Names in upper case; values as text (strings without quotes), empty for a bare option.
    pub(crate) options: Vec<(String, String)>,
}

/// What follows `COPY … TO`.
#[derive(Debug, Clone)]
pub(crate) struct CopyTo {
    pub(crate) query: Box<ast::Query>,
    pub(crate) path: String,
    /// As in [`Copy`].
    pub(crate) options: Vec<(String, String)>,
}

/// The table that a statement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableTarget {
    pub(crate) name: Name,
    pub(crate) alias: Option<String>,
}

/// What follows `DELETE FROM`.
#[derive(Debug, Clone)]
pub(crate) struct Delete {
    pub(crate) with: Option<ast::With>,
    pub(crate) table: TableTarget,
    pub(crate) using: Vec<ast::TableWithJoins>,
    pub(crate) filter: Option<ast::Expr>,
}

/// What follows `UPDATE`.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) with: Option<ast::With>,
    pub(crate) table: TableTarget,
    pub(crate) assignments: Vec<(String, NewValue)>,
    pub(crate) from: Vec<ast::TableWithJoins>,
    pub(crate) filter: Option<ast::Expr>,
}

/// A value for a column.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a statement has few of them, and none lives long")]
pub(crate) enum NewValue {
    Expr(ast::Expr),
    Default,
}

/// What follows `MERGE INTO`.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub(crate) with: Option<ast::With>,
    pub(crate) table: TableTarget,
    pub(crate) source: ast::TableFactor,
    pub(crate) on: MergeOn,
    pub(crate) clauses: Vec<MergeClause>,
}

/// How rows of target and source meet.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a statement has few of them, and none lives long")]
pub(crate) enum MergeOn {
    Expr(ast::Expr),
    /// Columns with the same name in both.
    Using(Vec<String>),
}

/// One `WHEN … THEN …`: for each row, the first whose condition holds is done.
#[derive(Debug, Clone)]
pub(crate) struct MergeClause {
    pub(crate) when: MergeWhen,
    pub(crate) condition: Option<ast::Expr>,
    pub(crate) action: MergeAction,
}

/// Which rows a clause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeWhen {
    Matched,
    /// Source rows without target row.
    NotMatchedByTarget,
    /// Target rows without source row.
    NotMatchedBySource,
}

/// What a clause does. Updates and deletes never stand behind [`MergeWhen::NotMatchedByTarget`].
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a statement has few of them, and none lives long")]
pub(crate) enum MergeAction {
    Update(MergeValues),
    Delete,
    Insert(MergeValues),
    DoNothing,
    /// Fails the statement, with this message.
    Error(Option<ast::Expr>),
}

/// Where a clause takes values from.
#[derive(Debug, Clone)]
pub(crate) enum MergeValues {
    /// `SET a = …`, `INSERT (a) VALUES (…)`.
    Columns(Vec<(String, NewValue)>),
    /// `INSERT VALUES (…)`: one for each column of the table.
    Positional(Vec<NewValue>),
    /// All columns of the source, in the order of the table's.
    SourceByPosition,
    /// All columns of the source, each for the column of its name.
    SourceByName,
    /// `INSERT DEFAULT VALUES`.
    Defaults,
}

/// What follows `CALL`.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) args: Vec<ast::Expr>,
    /// Names in lower case.
    pub(crate) named: Vec<(String, ast::Expr)>,
}
