"""What headings and sample rows tell: which column is which, and which must not be shown."""

import csv
import io
from decimal import Decimal
from itertools import product

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segmentation.columns import (
    Column,
    decimal_separator_of,
    delimiter_of,
    encoding_of,
    looks_like_data,
    number_of,
    words_of,
)
from segmentation.findings import yaml_value
from segmentation.guess import (
    are_customer_records,
    customers_mapping,
    missing,
    observations,
    transactions_mapping,
    vocabulary,
)
from segmentation.privacy import is_personal, shown


def table(text: str, delimiter: str = "|") -> list[Column]:
    """Columns of a small text with headings; blanks around a field do not count."""
    rows = [
        [field.strip() or None for field in row]
        for row in csv.reader(io.StringIO(text.strip()), delimiter=delimiter)
    ]
    headings, *lines = rows
    return [
        Column(heading, tuple(row[position] for row in lines))
        for position, heading in enumerate(headings)
    ]


def unnamed(rows: list[list[str]]) -> list[Column]:
    """Columns of rows without headings."""
    return [
        Column(f"column_{number}", tuple(values))
        for number, values in enumerate(zip(*rows, strict=True), 1)
    ]


SHOPS = {
    "Online Retail": (
        """
        InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country
        536365|85123A|WHITE HANGING HEART|6|12/1/2010 8:26|2.55|17850.0|United Kingdom
        C536379|D|Discount|-1|12/1/2010 9:41|27.50||United Kingdom
        """,
        {
            "customer_id": "CustomerID",
            "ordered_at": "InvoiceDate",
            "quantity": "Quantity",
            "unit_price": "UnitPrice",
            "order_id": "InvoiceNo",
            "product_id": "StockCode",
            "product_name": "Description",
            "country": "Country",
        },
    ),
    "Online Retail II": (
        """
        Invoice|StockCode|Description|Quantity|InvoiceDate|Price|Customer ID|Country
        489434|85048|15CM CHRISTMAS GLASS BALL|12|2009-12-01 07:45:00|6.95|13085.0|France
        """,
        {
            "customer_id": "Customer ID",
            "ordered_at": "InvoiceDate",
            "quantity": "Quantity",
            "unit_price": "Price",
            "order_id": "Invoice",
            "product_id": "StockCode",
            "product_name": "Description",
            "country": "Country",
        },
    ),
    "Shopify": (
        """
        Name|Email|Paid at|Currency|Subtotal|Shipping|Total|Discount Amount|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku|Billing Name|Billing Zip|Shipping Country|Source
        #1001|zoe@example.com|2024-01-05 10:00:00 +0100|EUR|40.00|4.90|44.90|0.00|2024-01-05 10:00:00 +0100|2|Mug|10.00|MUG-1|Zoe Smith|10115|DE|web
        #1001|zoe@example.com|||||||2024-01-05 10:00:00 +0100|1|Bowl|20.00|BOWL-2|||DE|web
        """,  # noqa: E501
        {
            "customer_id": "Email",
            "ordered_at": "Created at",
            "quantity": "Lineitem quantity",
            "unit_price": "Lineitem price",
            "order_id": "Name",
            "product_id": "Lineitem sku",
            "product_name": "Lineitem name",
            "country": "Shipping Country",
            "channel": "Source",
            "currency": "Currency",
        },
    ),
    "WooCommerce": (
        """
        Order ID|Order Date|Customer User|Billing Email|Item Name|Item Cost|Quantity|SKU|Order Currency|Billing Country|Order Total
        712|2024-02-01|14|zoe@example.com|Green Mug|9.50|2|MUG-1|EUR|DE|23.90
        713|2024-02-02|0|max@example.com|Blue Mug|9.50|1|MUG-2|EUR|AT|14.40
        """,  # noqa: E501
        {
            "customer_id": "Customer User",
            "ordered_at": "Order Date",
            "quantity": "Quantity",
            "unit_price": "Item Cost",
            "order_id": "Order ID",
            "product_id": "SKU",
            "product_name": "Item Name",
            "country": "Billing Country",
            "currency": "Order Currency",
        },
    ),
    "Magento": (
        """
        increment_id|customer_id|created_at|sku|name|qty_ordered|price|row_total|order_currency_code
        100000012|77|2023-05-06 07:08:09|MJ-03|Montana Wind Jacket|2.0000|49.0000|98.0000|USD
        """,
        {
            "customer_id": "customer_id",
            "ordered_at": "created_at",
            "quantity": "qty_ordered",
            "unit_price": "price",
            "order_id": "increment_id",
            "product_id": "sku",
            "currency": "order_currency_code",
        },
    ),
    "Olist": (
        """
        order_id|customer_id|customer_unique_id|order_purchase_timestamp|order_delivered_customer_date|order_item_id|product_id|price|freight_value
        e481f51c|9ef432eb|7c396fd4|2017-10-02 10:56:33|2017-10-10 21:25:13|1|87285b34|29.99|8.72
        53cdb2fc|b0830fb4|af07308b|2018-07-24 20:41:37||1|595fac2a|118.70|22.76
        """,
        {
            "customer_id": "customer_unique_id",
            "ordered_at": "order_purchase_timestamp",
            "amount": "price",
            "order_id": "order_id",
            "line_id": "order_item_id",
            "product_id": "product_id",
        },
    ),
    "an event log": (
        """
        event_time|event_type|product_id|category_id|category_code|brand|price|user_id|user_session
        2019-10-01 00:00:00 UTC|cart|5773203|148758000513423855||runail|2.62|463240011|26dd6e6e
        2019-10-01 00:00:03 UTC|purchase|5773353|1487580005134238553||runail|2.62|463240011|26dd6e6e
        """,
        {
            "customer_id": "user_id",
            "ordered_at": "event_time",
            "amount": "price",
            "order_id": "user_session",
            "product_id": "product_id",
            "brand": "brand",
        },
    ),
    "Superstore": (
        """
        Row ID|Order ID|Order Date|Ship Date|Customer ID|Customer Name|Segment|Country|City|Product ID|Product Name|Sales|Quantity|Discount|Profit
        1|CA-2016-152156|11/8/2016|11/11/2016|CG-12520|Claire Gute|Consumer|United States|Henderson|FUR-BO-10001798|Bookcase|261.96|2|0|41.91
        2|CA-2016-152156|11/8/2016|11/11/2016|CG-12520|Claire Gute|Consumer|United States|Henderson|FUR-CH-10000454|Chair|731.94|3|0.2|219.58
        """,  # noqa: E501
        {
            "customer_id": "Customer ID",
            "ordered_at": "Order Date",
            "quantity": "Quantity",
            "amount": "Sales",
            "order_id": "Order ID",
            "line_id": "Row ID",
            "product_id": "Product ID",
            "product_name": "Product Name",
            "country": "Country",
        },
    ),
    "H&M": (
        """
        t_dat|customer_id|article_id|price|sales_channel_id
        2018-09-20|000058a12d5b43e67d225668fa1f8d61|0663713001|0.0508|2
        """,
        {
            "customer_id": "customer_id",
            "ordered_at": "t_dat",
            "amount": "price",
            "product_id": "article_id",
            "channel": "sales_channel_id",
        },
    ),
    "German": (
        """
        Kunden-Nr.;Rechnungs-Nr.;Rechnungsdatum;Lieferdatum;Artikel-Nr.;Bezeichnung;Menge;Stückpreis (€);Land;Währung
        4711;R-1;31.12.2023;02.01.2024;A-1;Grüne Tasse;2;1.234,50;Österreich;EUR
        """,  # noqa: E501
        {
            "customer_id": "Kunden-Nr.",
            "ordered_at": "Rechnungsdatum",
            "quantity": "Menge",
            "unit_price": "Stückpreis (€)",
            "order_id": "Rechnungs-Nr.",
            "product_id": "Artikel-Nr.",
            "product_name": "Bezeichnung",
            "country": "Land",
            "currency": "Währung",
        },
    ),
    "French": (
        """
        N° client;N° commande;Date de commande;Référence;Désignation;Quantité;Prix unitaire HT;Montant HT;Pays
        812;F-77;31/12/2023;REF-9;Tasse verte;2;12,50;25,00;France
        """,  # noqa: E501
        {
            "customer_id": "N° client",
            "ordered_at": "Date de commande",
            "quantity": "Quantité",
            "unit_price": "Prix unitaire HT",
            "order_id": "N° commande",
            "product_id": "Référence",
            "product_name": "Désignation",
            "country": "Pays",
        },
    ),
    "a till without customers": (
        """
        Invoice ID|Branch|Gender|Product line|Unit price|Quantity|Total|Date|Time|Rating
        750-67-8428|A|Female|Health and beauty|74.69|7|548.97|1/5/2019|13:08|9.1
        """,
        {
            "ordered_at": "Date",
            "quantity": "Quantity",
            "unit_price": "Unit price",
            "order_id": "Invoice ID",
            "store": "Branch",
        },
    ),
    "a chain of shops": (
        """
        Date|Store Name|Sales Channel|Customer No|Item Code|Manufacturer|Qty|Price|Cost per item|Discount|Transaction Currency
        2024-01-05|Berlin|till|4711|A-1|Acme|2|10.00|4.25|1.50|EUR
        2024-01-06|Graz|web|4712|A-2|Acme|1|12.00|5.10|0.00|EUR
        """,  # noqa: E501
        {
            "customer_id": "Customer No",
            "ordered_at": "Date",
            "quantity": "Qty",
            "unit_price": "Price",
            "product_id": "Item Code",
            "brand": "Manufacturer",
            "channel": "Sales Channel",
            "store": "Store Name",
            "currency": "Transaction Currency",
            "unit_cost": "Cost per item",
            "discount_amount": "Discount",
        },
    ),
}


@pytest.mark.parametrize("shop", SHOPS)
def test_headings_of_well_known_shops(shop):
    text, expected = SHOPS[shop]
    columns = table(text, ";" if shop in ("German", "French") else "|")
    separator = "," if shop in ("German", "French") else "."
    assert decimal_separator_of(columns) == separator
    assert transactions_mapping(columns, separator).columns == expected


def test_what_is_missing_is_told_in_words():
    columns = table(SHOPS["a till without customers"][0])
    assert missing(transactions_mapping(columns).columns) == ["who bought (customer_id)"]
    assert missing({"customer_id": "a", "ordered_at": "b", "quantity": "c"}) == [
        "for how much (amount, or quantity and unit_price)"
    ]
    assert missing({"customer_id": "a", "ordered_at": "b", "amount": "c"}) == []


@pytest.mark.parametrize(
    ("headings", "money"),
    [
        ("who|day|quantity|unit price|line total", {"quantity", "unit_price"}),
        ("who|day|quantity|price", {"quantity", "unit_price"}),
        ("who|day|quantity|total", {"quantity", "amount"}),
        ("who|day|price", {"amount"}),
        ("who|day|total", {"amount"}),
        ("who|day|price|total", {"amount"}),
    ],
)
def test_a_unit_price_and_a_total_are_told_apart_by_headings(headings, money):
    values = {"who": "C1", "day": "2024-01-01", "quantity": "2"}
    row = "|".join(values.get(heading, "5.50") for heading in headings.split("|"))
    found = transactions_mapping(table(f"{headings}\n{row}")).columns
    assert found.keys() & {"quantity", "unit_price", "amount"} == money
    if headings.endswith("price|total"):
        assert found["amount"] == "total"


def lines_without_headings(money: str) -> list[list[str]]:
    """Order lines: order, customer, moment, product, quantity, money, and an e-mail address.

    money: unit_price or amount, which is the line's total.
    """
    rows = []
    for order, line in product(range(1, 41), range(3)):
        quantity, price = (order * line) % 4 + 1, Decimal(300 + 7 * ((order + line) % 9)) / 100
        paid = price if money == "unit_price" else price * quantity
        rows.append(
            [
                f"O{order:04}",
                f"C{order % 11:03}",
                f"2024-{order % 12 + 1:02}-{order % 28 + 1:02} 10:{order:02}:00",
                f"P-{(order + line) % 9}",
                str(quantity),
                str(paid),
                f"zoe{order % 13}@example.com",
            ]
        )
    return rows


@pytest.mark.parametrize("money", ["unit_price", "amount"])
def test_columns_without_headings_are_told_by_their_texts(money):
    """An order has one customer and one moment; a total rises with the quantity, no price does.

    The address would tell customers apart as well: an id is better.
    """
    guess = transactions_mapping(unnamed(lines_without_headings(money)))
    assert guess.columns == {
        "customer_id": "column_2",
        "ordered_at": "column_3",
        "quantity": "column_5",
        money: "column_6",
        "order_id": "column_1",
        "product_id": "column_4",
    }
    # None of it stands in a heading, and each line says so.
    assert guess.notes.keys() == guess.columns.keys()


def test_headings_that_say_nothing_are_told_by_their_texts():
    rows = [[row[i] for i in (2, 1, 5)] for row in lines_without_headings("amount")]
    columns = [
        Column(heading, values)
        for heading, values in zip("wxy", map(tuple, zip(*rows, strict=True)), strict=True)
    ]
    assert transactions_mapping(columns).columns == {
        "customer_id": "x",
        "ordered_at": "w",
        "amount": "y",
    }


def test_other_dates_and_numbers_are_left_alone():
    """A birth is no order, a rating no quantity, an income no amount: better nothing than wrong."""
    columns = table(
        """
        customer_id|date_of_birth|delivered_at|last_order_date|rating|annual_income|discount_rate
        C1|1980-02-29|2024-01-01|2023-12-30|4|52000.50|0.15
        C1|1980-02-29|2024-01-03|2023-12-30|5|52000.50|0.10
        """
    )
    assert transactions_mapping(columns).columns == {"customer_id": "customer_id"}


def test_the_total_of_an_order_is_not_taken_for_that_of_a_line():
    rows = "\n".join(f"C1|O{n // 3}|2024-01-01|{n}.50|{n // 3}9.90" for n in range(60))
    columns = table(f"customer_id|order_id|date|price|order total\n{rows}")
    assert transactions_mapping(columns).columns["amount"] == "price"
    without = [column for column in columns if column.heading != "price"]
    guess = transactions_mapping(without)
    assert guess.columns["amount"] == "order total"
    assert "order's total" in guess.notes["amount"]


def test_rows_that_are_no_purchases_are_pointed_out():
    columns = table(SHOPS["an event log"][0])
    [said] = observations(columns, transactions_mapping(columns).columns)
    assert said.startswith("event_type holds cart:")
    assert observations(columns, {"channel": "event_type"}) == []


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1))
@example("it's [so], isn't it")
@example("no")
@example("2")
@example("two\nlines")
@example("a: b # c")
def test_any_heading_is_written_as_yaml_that_reads_back(heading):
    assert yaml.safe_load(f"name: {yaml_value(heading)}") == {"name": heading}
    assert yaml.safe_load(f"name: [{yaml_value(heading)}, x]") == {"name": [heading, "x"]}


headings = st.sampled_from(
    sorted({name for names in vocabulary()["transactions"].values() for name in names})
)
texts = st.sampled_from([None, "", "1", "2.50", "2024-01-01", "x@example.com", "Zoë", "A-1"])


@settings(max_examples=150, deadline=None)
@given(st.lists(headings, max_size=9, unique=True), st.data())
def test_no_column_is_taken_twice(names, data):
    columns = [
        Column(name, tuple(data.draw(st.lists(texts, min_size=3, max_size=3)))) for name in names
    ]
    guess = transactions_mapping(columns)
    assert len(set(guess.columns.values())) == len(guess.columns)
    assert set(guess.columns.values()) <= set(names)
    assert guess.notes.keys() <= guess.columns.keys()
    mapped, scores = customers_mapping(columns)
    assert len({*mapped.values(), *scores}) == len(mapped) + len(scores)


def test_every_name_of_the_vocabulary_can_be_met():
    """In the form that headings are brought into; money names mean one thing each."""
    for kind in ("transactions", "customers"):
        for names in vocabulary()[kind].values():
            for name in names:
                assert " ".join(words_of(name)) == name
            assert len(set(names)) == len(names)
    money = [vocabulary()["transactions"][n] for n in ("quantity", "unit_price", "amount")]
    assert len({name for names in money for name in names}) == sum(map(len, money))


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("CustomerID", "customer id"),
        ("customer_id", "customer id"),
        ("  Customer-ID ", "customer id"),
        ("SKU", "sku"),
        ("orderDate", "order date"),
        ("Stückpreis (€)", "stuckpreis"),
        ("Straße", "strasse"),
        ("Annual Income (k$)", "annual income"),
        ("order_items.Qty", "order items qty"),
        ("", ""),
    ],
)
def test_words_of_a_heading(heading, words):
    assert " ".join(words_of(heading)) == words


@pytest.mark.parametrize(
    ("text", "separator", "number"),
    [
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("$ 12.50", ".", "12.50"),
        ("12,50 €", ",", "12.50"),
        ("(12.50)", ".", "-12.50"),
        ("12,50-", ",", "-12.50"),
        ("-0.5", ".", "-0.5"),
        ("abc", ".", None),
        ("2024-01-01", ".", None),
        ("", ".", None),
        (None, ".", None),
    ],
)
def test_numbers(text, separator, number):
    assert number_of(text, separator) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("values", "separator"),
    [
        (["12,50", "3,5", "1.234,50"], ","),
        (["12.50", "3.5", "1,234.50"], "."),
        (["1,234", "2,500"], "."),
        (["1.234", "12,5"], ","),
        (["31.12.2023", "30.11.2023"], "."),
        (["12,50 €", "8,00 €"], ","),
        (["Zoë, Max", "a,b"], "."),
        ([], "."),
    ],
)
def test_decimal_separator(values, separator):
    assert decimal_separator_of([Column("x", tuple(values))]) == separator


@pytest.mark.parametrize(
    ("values", "separator", "has"),
    [
        (["17850.0", "13047.0"], ".", False),
        (["2.55", "3"], ".", True),
        (["2,55", "3"], ",", True),
        (["2.10"], ".", True),
        (["1.5x", "Mug"], ".", False),
    ],
)
def test_a_whole_number_with_a_point_has_no_decimals(values, separator, has):
    assert Column("x", tuple(values)).has_decimals(separator) is has


def test_typed_numbers_have_a_point_whatever_stands_in_them():
    assert decimal_separator_of([Column("x", ("1,5",), "struct(a integer)")]) == "."


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"plain", "utf-8"),
        ("Zoë".encode(), "utf-8"),
        ("Zoë".encode("utf-8-sig"), "utf-8"),
        ("Zoë".encode("latin-1"), "latin-1"),
        ("Zoë and the others".encode("latin-1"), "latin-1"),
        ("Zoë".encode("utf-16"), "utf-16"),
        (b"", "utf-8"),
        ("5 €".encode("cp1252"), None),
        ("€".encode()[:2], None),
    ],
)
@pytest.mark.parametrize("size", [2, 5, 1000])
def test_encoding(content, encoding, size):
    """Also where a character is divided between two parts, or is the very last one."""
    padded = content if content[:2] in (b"\xff\xfe", b"\xfe\xff") else b"x" * 99 + content
    assert encoding_of(padded[i : i + size] for i in range(0, len(padded), size)) == encoding


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "1,2"], None),
        (["a;b", "1,5;2"], None),
        (["a\tb", "1 2\t3"], None),
        ([" 00004 0001 19970101  2   29.33", " 00021 0002 19970101  3   63.34"], "whitespace"),
        (["a  b", "1  2,5"], "whitespace"),
        (["1 2 3", "4 5 6"], "whitespace"),
        (["2024-01-01 10:00,5", "2024-01-02 11:00,6"], None),
        (["at 10 00;5", "at 11 00;6"], None),
        (["a~b", "1 2~3"], "~"),
        (["a::b", "1::2"], "::"),
        (['"a, b",c', '"d",e'], None),
        (["one", "two words"], None),
        ([], None),
    ],
)
def test_delimiter(lines, delimiter):
    assert delimiter_of(lines) == delimiter


@pytest.mark.parametrize(
    ("headings", "is_data"),
    [
        (["17850.0", "Mug"], True),
        (["1", "1_1"], True),
        (["Mug", "2024-01-01"], True),
        (["Mug", "zoe@example.com"], True),
        (["12/1/2010 8:26", "Mug"], True),
        (["customer_id", "amount"], False),
        (["column0", "Price 2"], False),
        (["Q1", "1st order"], False),
    ],
)
def test_a_first_line_of_data_is_no_heading(headings, is_data):
    assert looks_like_data(headings) is is_data


PEOPLE = """
Kundennummer|Vorname|Nachname|E-Mail|Telefon|Geburtsdatum|Geschlecht|Ort|PLZ|Land|Kunde seit|Newsletter|Einkommen|Zufriedenheit (1-10)|Оценка
K1|Zoë|Müller|zoe@example.org|030 1234567|1980-02-29|w|Berlin|10115|DE|2020-01-02|ja|52000|7|3
K2|Max|Maier|max@example.org|+49 171 1234567|1971-11-30|m|Wien|1010|AT|2021-05-06|nein|48000|9|4
"""  # noqa: E501


def test_customer_records_are_told_from_transactions():
    people = table(PEOPLE)
    assert are_customer_records(people)
    mapped, scores = customers_mapping(people)
    assert mapped == {
        "customer_id": "Kundennummer",
        "gender": "Geschlecht",
        "birth_date": "Geburtsdatum",
        "annual_income": "Einkommen",
        "city": "Ort",
        "country": "Land",
        "signed_up_on": "Kunde seit",
        "marketing_allowed": "Newsletter",
    }
    # A heading without Latin letters gives no name.
    assert scores == ["Zufriedenheit (1-10)"]
    for shop, (text, _) in SHOPS.items():
        columns = table(text, ";" if shop in ("German", "French") else "|")
        assert not are_customer_records(columns), shop


def test_personal_columns_by_heading():
    personal = {column.heading for column in table(PEOPLE) if is_personal(column)}
    assert personal == {"Vorname", "Nachname", "E-Mail", "Telefon", "Geburtsdatum", "PLZ"}
    for heading in ("Product name", "Lineitem name", "Country", "sku", "order_id"):
        assert not is_personal(Column(heading, ("A-1", "A-2")))


@pytest.mark.parametrize(
    "values",
    [
        ("zoe@example.com", "max@example.com"),
        ("Zoe Smith", "Max Maier"),
        ("Zoë", "Maximilian"),
        ("+49 171 1234567", "030 1234567"),
        ("1944-01-01", "2001-12-31"),
        ("12 High Street", "Hauptstr. 5"),
    ],
)
def test_personal_columns_by_their_texts(values):
    """Where no heading tells, as in a file without any."""
    assert is_personal(Column("column_3", values))
    told = ", ".join(shown(value, True) for value in values)
    for value in values:
        for word in value.split():
            assert len(word) < 3 or word not in told


@pytest.mark.parametrize(
    "values", [("2024-01-01", "2024-12-31"), ("17850.0", "13047.0"), ("5.50", "7"), ("yes", "no")]
)
def test_what_is_not_personal_is_shown(values):
    assert not is_personal(Column("column_3", values))


@pytest.mark.parametrize(
    ("text", "personal", "told"),
    [
        ("zoe@example.com", True, "z…@…"),
        ("zoe@example.com", False, "z…@…"),
        ("write to zoe@example.com!", False, "write to z…@…"),
        ("Zoë Smith", True, "Z… S…"),
        ("1980-02-29", True, "9999-99-99"),
        ("+49 171 1234567", False, "+99 999 9999999"),
        ("two\nlines", False, "two lines"),
        ("MUG-1", False, "MUG-1"),
    ],
)
def test_masks(text, personal, told):
    assert shown(text, personal) == told
