//! Faults of mapping files point at file, line and column, and say what to do.

use cam::import::{Kind, Map};

const MAP: &str = r#"kind = "ledger_entries"
currency = "CNY"
decimal = ","
thousands = "."

[fields]
key = { column = "order", scheme = "order" }
account = "customer"
at = { column = "day", date = "%d.%m.%Y" }
revenue = { sum = "amount" }

[[alias]]
scheme = "invoice"
column = "invoice"

[attributes]
late = { compare = ["came", ">", "due"] }
"#;

const SURVEY: &str = "id = \"customer\"\nversion = 1\nlanguages = [\"en\"]\n\
                      [[construct]]\nkey = \"satisfaction\"\nrole = \"satisfaction\"\nname.en = \"Satisfaction\"\n\
                      [[item]]\nkey = \"overall\"\nconstruct = \"satisfaction\"\nkind = \"nps\"\ntext.en = \"?\"\n";

fn parse(kind: Kind, text: &str) -> Result<Map, String> {
    Map::parse("map.toml", text.to_owned(), kind, |_| Ok(SURVEY.to_owned()))
        .map_err(|error| error.to_string())
}

/// Changes the map in one place and returns the fault that this gives.
fn fault(from: &str, to: &str) -> String {
    assert!(MAP.contains(from), "{from} is not in the map");
    parse(Kind::LedgerEntries, &MAP.replacen(from, to, 1)).expect_err("the map must be refused")
}

#[test]
fn a_sound_map_is_read() {
    let map = parse(Kind::LedgerEntries, MAP).expect("the map is sound");
    assert!(map.sums());
    assert!(map.has("revenue") && !map.has("cost"));
}

#[test]
fn an_unknown_key_is_named_at_its_place() {
    let message = fault("decimal = \",\"", "decimals = \",\"");
    assert!(message.starts_with("map.toml:3:1: ") && message.contains("decimals"), "{message}");
    let message = fault("scheme = \"order\"", "schema = \"order\"");
    assert!(message.starts_with("map.toml:7:27: ") && message.contains("schema"), "{message}");
}

#[test]
fn an_unknown_field_is_named_with_those_that_exist() {
    let message = fault("account = \"customer\"", "acount = \"customer\"");
    assert!(message.starts_with("map.toml:8:1: "), "{message}");
    assert!(message.contains("key, account, at, revenue, cost, unit"), "{message}");
}

#[test]
fn a_map_of_another_kind_is_refused() {
    let message = parse(Kind::Units, MAP).expect_err("the kinds differ");
    assert!(message.starts_with("map.toml:1:8: "), "{message}");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let faults = [
        ("currency = \"CNY\"\n", "", "amounts need their currency"),
        ("currency = \"CNY\"", "currency = \"yuan\"", "not a currency"),
        ("thousands = \".\"", "thousands = \",\"", "also the decimal sign"),
        ("key = { column = \"order\", scheme = \"order\" }\n", "", "need the field \"key\""),
        ("{ sum = \"amount\" }", "{ sum = \"amount\", column = \"amount\" }", "give one of"),
        ("\">\"", "\"~\"", "a comparison is one of"),
        (
            "at = { column = \"day\", date = \"%d.%m.%Y\" }",
            "at = { days = [\"a\", \"b\"] }",
            "cannot be computed so",
        ),
        ("scheme = \"invoice\"\n", "", "an alias needs a scheme"),
        ("[fields]", "encoding = \"latin1\"\n[fields]", "an encoding is"),
        ("[fields]", "delimiter = \";;\"\n[fields]", "a delimiter is one sign"),
        ("[fields]", "twins = true\n[fields]", "without key"),
    ];
    for (from, to, what) in faults {
        let message = fault(from, to);
        assert!(message.contains(what), "{what}: {message}");
    }
}

#[test]
fn answers_need_their_survey_and_an_item_of_it() {
    let map = "kind = \"answers\"\nsurvey = \"s.toml\"\n[fields]\nkey = \"id\"\nwave = { value = \"W\" }\n\
               account = \"no\"\nanswered_at = \"day\"\n[answers]\noverall = \"score\"\n";
    assert!(parse(Kind::Answers, map).is_ok());
    let message = parse(Kind::Answers, &map.replace("overall", "overal")).expect_err("no such item");
    assert!(message.starts_with("map.toml:9:1: ") && message.contains("no item \"overal\""), "{message}");
    let message = parse(Kind::Answers, &map.replace("survey = \"s.toml\"\n", "")).expect_err("no survey");
    assert!(message.contains("name the survey file first"), "{message}");
    let message = parse(Kind::Answers, &map.replace("account = \"no\"\n", "")).expect_err("no respondent");
    assert!(message.contains("account, contact or about"), "{message}");
}

#[test]
fn a_survey_file_that_is_wrong_is_named_with_its_own_line() {
    let map = "kind = \"answers\"\nsurvey = \"s.toml\"\n";
    let wrong = Map::parse("map.toml", map.to_owned(), Kind::Answers, |_| Ok("id = 5\n".to_owned()));
    let message = wrong.expect_err("the survey is wrong").to_string();
    assert!(message.starts_with("map.toml:2:10: s.toml:1:6: "), "{message}");
}
