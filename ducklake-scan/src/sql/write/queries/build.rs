//! Pieces of parsed SQL. Every name is in quotes.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    GroupByExpr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias,
    TableAliasColumnDef, TableFactor, TableWithJoins, Value, WildcardAdditionalOptions, With,
};

pub(super) fn ident(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// `"table"."column"`.
pub(super) fn column(table: &str, name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![ident(table), ident(name)])
}

pub(super) fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

pub(super) fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_string()).with_empty_span())
}

pub(super) fn number(number: usize) -> Expr {
    Expr::Value(Value::Number(number.to_string(), false).with_empty_span())
}

pub(super) fn boolean(value: bool) -> Expr {
    Expr::Value(Value::Boolean(value).with_empty_span())
}

/// `X'00ff'`.
pub(super) fn bytes(bytes: &[u8]) -> Expr {
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Expr::Value(Value::HexStringLiteral(hex).with_empty_span())
}

pub(super) fn is_null(expr: Expr) -> Expr {
    Expr::IsNull(Box::new(expr))
}

pub(super) fn is_not_null(expr: Expr) -> Expr {
    Expr::IsNotNull(Box::new(expr))
}

pub(super) fn equal(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::Eq, right: Box::new(right) }
}

/// Terms that all have to hold; TRUE for none.
pub(super) fn all(terms: impl IntoIterator<Item = Expr>) -> Expr {
    let and = |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) };
    terms.into_iter().reduce(and).unwrap_or_else(|| boolean(true))
}

pub(super) fn parentheses(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// `CASE WHEN … THEN … END`; NULL without branches.
pub(super) fn case(branches: Vec<(Expr, Expr)>) -> Expr {
    if branches.is_empty() {
        return null();
    }
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: branches.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: None,
    }
}

/// `arrow_cast(expr, 'type')`.
pub(super) fn cast(expr: Expr, arrow_type: &str) -> Expr {
    let args = [expr, string(arrow_type)].map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)));
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new("arrow_cast"))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// `expr AS "label"`.
pub(super) fn item(expr: Expr, label: &str) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias: ident(label) }
}

pub(super) fn star() -> SelectItem {
    SelectItem::Wildcard(WildcardAdditionalOptions::default())
}

pub(super) fn alias(name: &str, columns: &[String]) -> TableAlias {
    TableAlias {
        explicit: true,
        name: ident(name),
        columns: columns.iter().map(|column| TableAliasColumnDef { name: ident(column), data_type: None }).collect(),
        at: None,
    }
}

pub(super) fn table(name: &[String], table_alias: Option<&str>) -> TableFactor {
    TableFactor::Table {
        name: ObjectName(name.iter().map(|part| ObjectNamePart::Identifier(ident(part))).collect()),
        alias: table_alias.map(|name| alias(name, &[])),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

pub(super) fn derived(subquery: Query, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(subquery), alias: Some(alias), sample: None }
}

/// `WITH … SELECT … FROM … WHERE …`.
pub(super) fn query(
    with: Option<With>,
    projection: Vec<SelectItem>,
    from: Vec<TableWithJoins>,
    selection: Option<Expr>,
) -> Query {
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection,
        exclude: None,
        into: None,
        from,
        lateral_views: Vec::new(),
        prewhere: None,
        selection,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    };
    Query {
        with,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
