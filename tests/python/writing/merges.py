"""MERGE INTO with all of its clauses."""

from two_lakes import case

STOCK = "CREATE TABLE stock (id INTEGER, name VARCHAR, amount INTEGER)"
FILL = "INSERT INTO stock SELECT i, 'item ' || i, i * 10 FROM range({}) r(i)"


def merges(w):
    w.run(
        "CREATE TABLE news (id INTEGER, name VARCHAR, amount INTEGER)",
        "INSERT INTO news SELECT i * 3, 'news ' || i, i FROM range(8) r(i)",
        "MERGE INTO stock USING news ON stock.id = news.id WHEN MATCHED THEN UPDATE SET amount = stock.amount + news.amount",
        "MERGE INTO stock s USING news n ON s.id = n.id WHEN MATCHED THEN UPDATE SET name = n.name WHEN NOT MATCHED THEN INSERT VALUES (n.id, n.name, n.amount)",
        "MERGE INTO stock USING (SELECT 100 + i AS id, 'many' AS name, i AS amount FROM range(30) r(i)) AS n USING (id) "
        "WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (n.id, n.amount)",
        "MERGE INTO stock USING news n ON stock.id = n.id WHEN MATCHED AND n.amount < 2 THEN DELETE",
        "MERGE INTO stock USING news n ON stock.id = n.id WHEN MATCHED AND n.amount = 3 THEN DO NOTHING WHEN MATCHED THEN UPDATE SET amount = 0",
        "MERGE INTO stock USING (SELECT 4 AS id) n ON stock.id = n.id WHEN NOT MATCHED BY SOURCE AND stock.id > 110 THEN DELETE",
        "MERGE INTO stock USING (SELECT 200 AS id, 'by name' AS name) n ON stock.id = n.id WHEN NOT MATCHED THEN INSERT BY NAME",
        "MERGE INTO stock USING (SELECT 200 AS id, 'whole' AS name, 7 AS amount) n ON stock.id = n.id WHEN MATCHED THEN UPDATE",
        "MERGE INTO stock USING (SELECT -1 AS id) n ON stock.id = n.id WHEN MATCHED THEN DELETE",
    )
    w.query("SELECT id, name, amount FROM stock")
    w.query("SELECT count(*), count(DISTINCT rowid) FROM stock")
    w.refused(
        "MERGE INTO stock USING news n ON stock.id = n.id WHEN MATCHED THEN ERROR",
        "MERGE INTO stock USING nowhere n ON stock.id = n.id WHEN MATCHED THEN DELETE",
    )


@case(row_order=False)
def merge_files(w):
    w.run(STOCK, FILL.format(15))
    merges(w)


@case(inline=20, row_order=False, compare_catalogs=False, write_on=False)
def merge_inlined(w):
    """DuckDB inlines the new versions of rows, the engine writes them to files."""
    w.run(STOCK, FILL.format(15))
    merges(w)


@case()
def merge_into_empty(w):
    w.run(STOCK, "MERGE INTO stock USING (SELECT 1 AS id) n ON stock.id = n.id WHEN NOT MATCHED THEN INSERT (id) VALUES (n.id)")
