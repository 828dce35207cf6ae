//! Canonical JSON after RFC 8785, written from the RFC alone.

use serde_json::Value;

/// The canonical form.
///
/// # Panics
/// For a number that is no finite double, which JSON cannot carry either.
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => self::number(number.as_f64().expect("a JSON number is a double")),
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            // Section 3.2.3: by UTF-16 code units, which differs from UTF-8's order beyond the basic plane.
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<u16>>());
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", string(name), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// Section 3.2.2.2: the two-character escapes where there is one, `\u00xx` for other control characters, all else as it is.
fn string(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '\u{8}' => out += "\\b",
            '\t' => out += "\\t",
            '\n' => out += "\\n",
            '\u{c}' => out += "\\f",
            '\r' => out += "\\r",
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            c if c < ' ' => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Section 3.2.2.3: as ECMAScript's `Number::toString`: the shortest digits, with an exponent only from 1e21 on and below 1e-6.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    // Rust prints the shortest digits that read back as the same double, as ECMAScript does.
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').expect("the exponent form has one");
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().expect("an exponent is an integer");
    // ECMAScript's n: the decimal point stands after the n-th digit; k: the number of digits.
    let (n, k) = (exponent + 1, i32::try_from(digits.len()).expect("17 digits at most"));
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let at = |count: i32| digits.split_at(usize::try_from(count).unwrap_or(0));
    let text = if k <= n && n <= 21 {
        format!("{digits}{}", zeros(n - k))
    } else if 0 < n && n <= 21 {
        let (whole, rest) = at(n);
        format!("{whole}.{rest}")
    } else if -6 < n && n <= 0 {
        format!("0.{}{digits}", zeros(-n))
    } else {
        let (first, rest) = at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{first}{point}{rest}e{}{}", if n > 0 { "+" } else { "-" }, (n - 1).abs())
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn gives_the_examples_of_the_rfc() {
        // RFC 8785, section 3.2.2 and its output in 3.2.4.
        // The numbers are built here: serde_json reads some decimals one unit in the last place off.
        let string = r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#;
        let input = json!({
            "numbers": [333_333_333.333_333_3, 1e30, 4.50, 2e-3, 0.000_000_000_000_000_000_000_000_001],
            "string": serde_json::from_str::<Value>(string).unwrap(),
            "literals": [null, true, false],
        });
        let output =
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(&input), output);
        // Section 3.2.3: sorting.
        let input = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            canonical(&input),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn writes_numbers_as_ecmascript_does() {
        // From appendix B of the RFC.
        let pairs = [
            (0.0, "0"),
            (-0.0, "0"),
            (5e-324, "5e-324"),
            (-1.797_693_134_862_315_7e308, "-1.7976931348623157e+308"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (295_147_905_179_352_830_000.0, "295147905179352830000"),
            (1e21, "1e+21"),
            (9.999_999_999_999_997e22, "9.999999999999997e+22"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
        ];
        for (value, text) in pairs {
            assert_eq!(number(value), text);
        }
    }
}
