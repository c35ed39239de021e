//! What DuckDB 1.5.5 answers, and what is ours beyond.

use arrow::array::{Array, Float32Array};
use arrow::util::display::array_value_to_string;
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr};
use datafusion::prelude::{cast, col, lit};
use ducklake_vector::Metric;

use super::nearest::{Nearness, as_nearest, as_nearness};
use crate::session::Session;

/// Type and value of an expression, or the first line of its error.
async fn outcome(expression: &str) -> String {
    let answer = async {
        let batches = Session::new().sql(&format!("SELECT {expression}")).await?.collect().await?;
        Ok::<_, crate::LakeError>(batches.into_iter().find(|batch| batch.num_rows() > 0))
    };
    match answer.await {
        Ok(Some(batch)) => {
            let column = batch.column(0);
            let name = crate::sql::types::field_type(batch.schema().field(0));
            let shown = |row| match column.is_null(row) {
                true => "NULL".to_string(),
                false => array_value_to_string(column, row).unwrap(),
            };
            format!("{name} {}", (0..column.len()).map(shown).collect::<Vec<_>>().join(" "))
        }
        Ok(None) => "nothing".to_string(),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_string(),
    }
}

async fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (expression, wanted) in cases {
        let got = outcome(expression).await;
        // What DataFusion puts before a message is its own.
        if got != *wanted && !got.ends_with(&format!("error: {wanted}")) {
            wrong.push(format!("{expression}\n  is     {got}\n  wanted {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn measures_are_those_of_duckdb() {
    check(&[
        ("list_distance([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT 5.196152"),
        ("list_cosine_similarity([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT 0.9746319"),
        ("list_cosine_distance([1, 2, 3]::DOUBLE[], [4, 5, 6]::DOUBLE[])", "DOUBLE 0.025368153802923787"),
        ("list_inner_product([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT 32.0"),
        ("list_dot_product([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT 32.0"),
        ("list_negative_inner_product([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT -32.0"),
        ("list_negative_dot_product([1, 2, 3]::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT -32.0"),
        ("array_distance([1, 2, 3]::FLOAT[3], [4, 5, 6]::FLOAT[3])", "FLOAT 5.196152"),
        ("array_cosine_similarity([1, 2, 3]::FLOAT[3], [-1, -2, -3]::FLOAT[3])", "FLOAT -1.0"),
        ("array_cosine_distance([1, 2, 3]::FLOAT[3], [1, 2, 3]::FLOAT[3])", "FLOAT 0.0"),
        ("array_dot_product([1, 2, 3]::DOUBLE[3], [4, 5, 6]::DOUBLE[3])", "DOUBLE 32.0"),
        ("array_negative_dot_product([1, 2, 3]::FLOAT[3], [4, 5, 6]::FLOAT[3])", "FLOAT -32.0"),
        ("ARRAY_Negative_Inner_Product([1, 2, 3]::FLOAT[3], [4, 5, 6]::FLOAT[3])", "FLOAT -32.0"),
    ])
    .await;
}

#[tokio::test]
async fn types_meet_as_in_duckdb() {
    check(&[
        // Whole numbers, decimals and literals become what the other vector is of, and DOUBLE among themselves.
        ("list_distance([1, 2, 3], [4, 5, 6])", "DOUBLE 5.196152422706632"),
        ("list_distance([1.5, 2, 3], [1.5, 2, 3])", "DOUBLE 0.0"),
        ("list_distance([1, 2, 3]::FLOAT[], [4, 5, 6])", "FLOAT 5.196152"),
        ("list_distance([1, 2, 3]::FLOAT[], [4.5, 5, 6])", "FLOAT 5.5"),
        ("list_distance([4.5, -5, 6], [1, -2, 3]::FLOAT[])", "FLOAT 5.5"),
        ("list_distance([1, 2, 3]::DOUBLE[], [4.5, 5, 6])", "DOUBLE 5.5"),
        ("list_distance([1, 2, 3]::BIGINT[], [4, 5, 6]::FLOAT[])", "FLOAT 5.196152"),
        ("list_distance([1.5, 2, 3]::DECIMAL(5,2)[], [4, 5, 6]::FLOAT[])", "FLOAT 4.924429"),
        ("list_distance([1.5, 2, 3]::DECIMAL(5,2)[], [1.5, 2, 3]::DECIMAL(5,2)[])", "DOUBLE 0.0"),
        ("list_distance('[1, 2, 3]', [4, 5, 6]::FLOAT[])", "FLOAT 5.196152"),
        ("list_distance('[1]', [1])", "DOUBLE 0.0"),
        // FLOAT beside DOUBLE is DOUBLE, also where a literal has an exponent.
        ("list_distance([1, 2, 3]::FLOAT[], [4, 5, 6]::DOUBLE[])", "DOUBLE 5.196152422706632"),
        ("list_distance([1, 2, 3]::FLOAT[], [4e0, 5, 6])", "DOUBLE 5.196152422706632"),
        ("list_distance(x, y) FROM (VALUES ([1, 2]::FLOAT[], [3, 4]::DOUBLE[])) t(x, y)", "DOUBLE 2.8284271247461903"),
        ("list_distance([0.1]::FLOAT[], x) FROM (VALUES ([0.1]::DOUBLE[])) t(x)", "DOUBLE 1.4901161138336505e-9"),
        // Lists and arrays go together.
        ("list_distance([1, 2]::FLOAT[], [1, 2]::FLOAT[2])", "FLOAT 0.0"),
        ("list_distance(x, [1.5, 2]::FLOAT[2]) FROM (VALUES ([1, 2]::FLOAT[])) t(x)", "FLOAT 0.5"),
        // DuckDB has the array functions for arrays alone; a lake's columns are lists.
        ("array_distance(x, [1.5, 2]) FROM (VALUES ([1, 2]::FLOAT[])) t(x)", "FLOAT 0.5"),
        ("array_distance([1, 2, 3], [4, 5, 6])", "DOUBLE 5.196152422706632"),
    ])
    .await;
}

#[tokio::test]
async fn null_and_empty_vectors() {
    check(&[
        ("list_distance(NULL, [4, 5, 6]::FLOAT[])", "FLOAT NULL"),
        ("list_distance(NULL, [1])", "DOUBLE NULL"),
        ("list_distance(NULL::FLOAT[], [4, 5, 6]::FLOAT[])", "FLOAT NULL"),
        ("array_distance([1, NULL, 3]::FLOAT[3], NULL::FLOAT[3])", "FLOAT NULL"),
        ("list_distance([1, NULL, 3]::FLOAT[], NULL::FLOAT[])", "FLOAT NULL"),
        (
            "array_distance(x, y) FROM (VALUES ([1, 2, 3]::FLOAT[3], [1, 2, 4]::FLOAT[3]), (NULL, [1, 2, 4]::FLOAT[3]), \
             ([1, NULL, 4]::FLOAT[3], NULL)) t(x, y)",
            "FLOAT 1.0 NULL NULL",
        ),
        ("list_distance([], [])", "DOUBLE 0.0"),
        ("list_distance([]::FLOAT[], []::FLOAT[])", "FLOAT 0.0"),
        ("list_inner_product([]::FLOAT[], []::FLOAT[])", "FLOAT 0.0"),
        ("list_cosine_similarity([]::FLOAT[], []::FLOAT[])", "FLOAT NULL"),
        ("list_cosine_distance([]::DOUBLE[], []::DOUBLE[])", "DOUBLE NULL"),
    ])
    .await;
}

#[tokio::test]
async fn zero_and_infinite_vectors() {
    for (numbers, other, distance, similarity, product) in [
        ("[0, 0, 0]", "[4, 5, 6]", "8.774964", "-1.0", "0.0"),
        ("[0, 0, 0]", "[0, 0, 0]", "0.0", "-1.0", "0.0"),
        ("['nan'::FLOAT, 0, 0]", "[4, 5, 6]", "NaN", "-1.0", "NaN"),
        ("['inf'::FLOAT, 0, 0]", "[4, 5, 6]", "inf", "-1.0", "inf"),
        ("['inf'::FLOAT, 0, 0]", "['inf'::FLOAT, 0, 0]", "NaN", "-1.0", "inf"),
        ("['inf'::FLOAT, 0, 0]", "['-inf'::FLOAT, 0, 0]", "inf", "-1.0", "-inf"),
        ("[1e30, 0, 0]", "[1e30, 1, 1]", "1.4142135", "-1.0", "inf"),
        ("[1e-30, 0, 0]", "[1e-30, 0, 0]", "0.0", "-1.0", "0.0"),
        ("[1e-20, 0, 0]", "[1, 0, 0]", "1.0", "1.0", "1e-20"),
    ] {
        let pair = format!("({numbers}::FLOAT[], {other}::FLOAT[])");
        let opposite = if similarity == "1.0" { "0.0" } else { "2.0" };
        check(&[
            (&format!("list_distance{pair}"), &format!("FLOAT {distance}")),
            (&format!("list_cosine_similarity{pair}"), &format!("FLOAT {similarity}")),
            (&format!("list_cosine_distance{pair}"), &format!("FLOAT {opposite}")),
            (&format!("list_inner_product{pair}"), &format!("FLOAT {product}")),
        ])
        .await;
    }
}

#[tokio::test]
async fn refusals_have_the_words_of_duckdb() {
    let none = |call: &str| {
        format!(
            "No function matches the given name and argument types '{call}'. You might need to add explicit type casts."
        )
    };
    check(&[
        (
            "list_distance([1, 2, 3]::FLOAT[], [1, 2]::FLOAT[])",
            "list_distance: list dimensions must be equal, got left length '3' and right length '2'",
        ),
        (
            "list_cosine_distance(x, [1, 2]) FROM (VALUES ([1, 2, 3]::FLOAT[])) t(x)",
            "list_cosine_distance: list dimensions must be equal, got left length '3' and right length '2'",
        ),
        (
            "array_distance([1, 2, 3]::FLOAT[3], [1, 2]::FLOAT[2])",
            "array_distance: Array arguments must be of the same size",
        ),
        (
            "array_distance(x, y) FROM (VALUES ([1, 2]::FLOAT[2], [1, 2, 3]::FLOAT[3])) t(x, y)",
            "array_distance: Array arguments must be of the same size",
        ),
        (
            "list_distance([1, 2]::FLOAT[2], [1, 2, 3]::FLOAT[3])",
            "list_distance: list dimensions must be equal, got left length '2' and right length '3'",
        ),
        (
            "list_distance([1, NULL]::FLOAT[], [1]::FLOAT[])",
            "list_distance: left argument can not contain NULL values",
        ),
        (
            "array_inner_product([4, 5, 6]::FLOAT[3], [1, NULL, 3]::FLOAT[3])",
            "array_inner_product: right argument can not contain NULL values",
        ),
        ("list_distance([NULL], [1])", "list_distance: left argument can not contain NULL values"),
        (
            "list_distance(NULL, NULL)",
            "Could not choose a best candidate function for the function call \"list_distance(\"NULL\", \"NULL\")\". In \
             order to select one, please add explicit type casts.",
        ),
        ("list_distance(['a'], ['b'])", &none("list_distance(VARCHAR[], VARCHAR[])")),
        ("list_distance([true], [1]::FLOAT[])", &none("list_distance(BOOLEAN[], FLOAT[])")),
        ("list_distance([[1]]::FLOAT[][], [1]::FLOAT[])", &none("list_distance(FLOAT[][], FLOAT[])")),
        ("list_distance('[1]'::VARCHAR, [1]::FLOAT[])", &none("list_distance(VARCHAR, FLOAT[])")),
        ("list_distance(1, 2)", &none("list_distance(BIGINT, BIGINT)")),
        ("list_distance([1.0]::FLOAT[])", &none("list_distance(FLOAT[])")),
    ])
    .await;
}

#[tokio::test]
async fn rows_that_a_filter_leaves_out_do_not_matter() {
    check(&[(
        "list_distance(x, [1, 2]) FROM (VALUES ([NULL, 1]::FLOAT[]), ([1, 1]::FLOAT[])) t(x) WHERE x[1] IS NOT NULL",
        "FLOAT 1.0",
    )])
    .await;
}

#[tokio::test]
async fn operators_stand_for_functions() {
    check(&[
        ("[1, 2] <-> [3, 4]", "DOUBLE 2.8284271247461903"),
        ("[1, 2]::FLOAT[2] <=> [3, 4]::FLOAT[2]", "FLOAT 0.01613009"),
        ("x<->y FROM (VALUES ([1, 2]::FLOAT[], [1, 3]::FLOAT[])) t(x, y)", "FLOAT 1.0"),
        ("x <=> '[1, 2]' FROM (VALUES ([1, 2]::FLOAT[])) t(x)", "FLOAT 0.0"),
        // DuckDB has no such operator; pgvector has.
        ("x <#> [1, 2] FROM (VALUES ([1, 2]::FLOAT[])) t(x)", "FLOAT -5.0"),
        // Between arithmetic and comparisons.
        ("[1, 2] <-> [3, 4] < 3", "BOOLEAN true"),
        ("[1, 2] <-> [3, 4] = 3", "BOOLEAN false"),
        ("[1, 2] <-> [3, 4] BETWEEN 1 AND 3", "BOOLEAN true"),
        ("[1, 2] <-> [3, 4] IS NULL", "BOOLEAN false"),
        ("NOT [1, 2] <-> [3, 4] > 2", "BOOLEAN false"),
        ("[1, 2] || [3] <-> [3, 4, 5]", "DOUBLE 3.4641016151377544"),
        ("[1, 2] <-> [3, 4]::FLOAT[]", "FLOAT 2.828427"),
        ("1 + ([1, 2] <-> [1, 3])", "DOUBLE 2.0"),
        // What looks like it.
        ("1<-1", "BOOLEAN false"),
        ("1 <= 2", "BOOLEAN true"),
    ])
    .await;
}

/// The expression that a query sorts by first, after DataFusion has simplified it.
async fn sorted_by(order: &str) -> Option<Nearness> {
    let session = Session::new();
    let rows = "(VALUES (1, [1, 2]::FLOAT[], [1, 2]::DOUBLE[])) t(i, v, d)";
    let frame = session.sql(&format!("SELECT i FROM {rows} ORDER BY {order}")).await.unwrap();
    fn sort(plan: &LogicalPlan) -> Option<SortExpr> {
        match plan {
            LogicalPlan::Sort(sort) => sort.expr.first().cloned(),
            other => other.inputs().into_iter().find_map(sort),
        }
    }
    as_nearest(&sort(&frame.into_optimized_plan().unwrap()).expect(order))
}

#[tokio::test]
async fn orders_by_nearness_are_recognised() {
    for (order, metric, column, query) in [
        ("array_distance(v, [1, 2.5])", Metric::L2, "v", [1.0, 2.5]),
        ("array_distance([1, 2.5], v)", Metric::L2, "v", [1.0, 2.5]),
        ("v <-> '[1, 2.5]'", Metric::L2, "v", [1.0, 2.5]),
        ("v <=> [1, 2.5]::FLOAT[2]", Metric::Cosine, "v", [1.0, 2.5]),
        ("list_cosine_distance(v::FLOAT[2], [1, 2.5]::DOUBLE[])", Metric::Cosine, "v", [1.0, 2.5]),
        ("array_cosine_similarity(v, [1, 2.5]) DESC", Metric::Cosine, "v", [1.0, 2.5]),
        ("1 - array_cosine_similarity(v, [1, 2.5])", Metric::Cosine, "v", [1.0, 2.5]),
        ("-list_dot_product(v, [1, 2])", Metric::InnerProduct, "v", [1.0, 2.0]),
        ("list_inner_product(v, [1e0, 2]) DESC NULLS LAST", Metric::InnerProduct, "v", [1.0, 2.0]),
        ("d <#> [1, 2]", Metric::InnerProduct, "d", [1.0, 2.0]),
        ("(d <-> [0.5 + 0.5, 2])::DOUBLE", Metric::L2, "d", [1.0, 2.0]),
    ] {
        let found = sorted_by(order).await.unwrap_or_else(|| panic!("{order} is not recognised"));
        assert_eq!((found.metric, found.column.name(), found.query), (metric, column, query.to_vec()), "{order}");
    }
}

#[tokio::test]
async fn other_orders_are_not() {
    for order in [
        "i",
        "array_distance(v, [1, 2]) DESC",
        "array_distance(v, [1, 2]) NULLS FIRST",
        "array_cosine_similarity(v, [1, 2])",
        "-array_distance(v, [1, 2])",
        "array_distance(v, d)",
        "array_distance(v, [i, 2])",
        "array_distance(v::INTEGER[], [1, 2])",
        "array_distance(v, NULL)",
        "array_distance(v, [random(), 2])",
        "array_distance(v, [1, 2])::INTEGER",
        "array_distance(v, [1, 2]) + i",
    ] {
        assert_eq!(sorted_by(order).await, None, "{order}");
    }
}

#[test]
fn plans_that_are_not_simplified_are_recognised_too() {
    let session = Session::new();
    let function = |name: &str, args: Vec<Expr>| {
        let functions = session.context().state();
        functions.scalar_functions()[name].call(args)
    };
    let query = function("make_array", vec![lit(1.0_f32), lit(2.0_f32)]);
    let distance = function("array_cosine_distance", vec![col("v"), query]);
    let wrapped = cast(distance, arrow::datatypes::DataType::Float64).alias("d");
    let found = as_nearness(&wrapped).unwrap();
    assert_eq!(
        found,
        Nearness { metric: Metric::Cosine, column: "v".into(), query: vec![1.0, 2.0], is_distance: true }
    );
}

#[tokio::test]
async fn a_parameter_is_a_constant() {
    use datafusion::scalar::ScalarValue;
    let session = Session::new();
    let frame = session.sql("SELECT list_distance(v, $1) FROM (VALUES ([1, 2]::FLOAT[])) t(v)").await.unwrap();
    let numbers = [1.5_f64, 2.0].map(ScalarValue::from);
    let query = ScalarValue::List(ScalarValue::new_list_nullable(&numbers, &arrow::datatypes::DataType::Float64));
    let batches = frame.with_param_values(vec![query]).unwrap().collect().await.unwrap();
    assert_eq!(array_value_to_string(batches[0].column(0), 0).unwrap(), "0.5");
}

#[tokio::test]
async fn slices_of_columns_keep_their_places() {
    // LIMIT with OFFSET slices batches: the numbers of a row lie where the offsets say.
    let sql = "SELECT list_inner_product(v, [1, 1]) AS p FROM (SELECT * FROM (VALUES (1, [1, 2]::FLOAT[]), (2, NULL), \
               (3, [3, 4]::FLOAT[]), (4, [5, 6]::FLOAT[])) t(i, v) ORDER BY i LIMIT 3 OFFSET 1) s ORDER BY i";
    let batches = Session::new().sql(sql).await.unwrap().collect().await.unwrap();
    let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
    let products: &Float32Array = batch.column(0).as_any().downcast_ref().unwrap();
    assert_eq!(products.iter().collect::<Vec<_>>(), [None, Some(7.0), Some(11.0)]);
}
