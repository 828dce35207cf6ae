//! Secrets of our own links, taken out of what people quote.
//!
//! Who answers a mail sends its text back, and with it the link that opens the ticket in their name. In the ticket it would stand before
//! everybody who may read that.

/// What stands before a secret in a link of ours; also as some mail filters rewrite links, percent-encoded.
const MARKS: [&str; 6] = ["?key=", "%3Fkey%3D", "%3fkey%3d", "#/m/", "%23%2Fm%2F", "%23%2fm%2f"];
/// Letters of a secret: 32 bytes in base64url.
const SECRET: usize = 43;
/// Fewer letters are no secret, nor enough of one to guess the rest.
const PIECE: usize = 8;

/// The text with `…` in place of the secrets of our links, also of those that a mail program broke in two.
pub(crate) fn conceal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Each of these letters is looked at once, however many marks a stranger writes.
    while let Some(at) = rest.find(['?', '#', '%']) {
        let mark = MARKS.iter().find(|mark| rest[at..].starts_with(**mark));
        let (before, after) = rest.split_at(at + mark.map_or(1, |mark| mark.len()));
        out.push_str(before);
        rest = after;
        if mark.is_none() {
            continue;
        }
        let found = letters(after);
        let behind = &after[found..];
        let continued = continuation(behind, SECRET.saturating_sub(found));
        if found >= PIECE || continued.is_some() {
            out.push('…');
            rest = continued.unwrap_or(behind);
        }
    }
    out.push_str(rest);
    out
}

/// How many letters of a secret the text begins with.
fn letters(text: &str) -> usize {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    text.bytes().take_while(|byte| letter(byte)).count()
}

/// What stands behind the missing letters of a secret, where they begin the next line; quote marks before them go too.
fn continuation(text: &str, missing: usize) -> Option<&str> {
    let next = text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n"))?;
    let next = next.trim_start_matches(['>', ' ', '\t']);
    (missing > 0 && letters(next) == missing).then(|| &next[missing..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQ-_";

    #[test]
    fn keys_of_links_are_concealed_and_all_else_stays() {
        let cases = [
            (
                format!("> https://a.b/#/t/7?key={KEY}\n> hola"),
                "> https://a.b/#/t/7?key=…\n> hola".to_owned(),
            ),
            (format!("<https://a.b/#/m/{KEY}> y {KEY}"), format!("<https://a.b/#/m/…> y {KEY}")),
            (
                format!("https://filter.example/?url=https%3A%2F%2Fa.b%2F%23%2Ft%2F7%3Fkey%3D{KEY}&data=1"),
                "https://filter.example/?url=https%3A%2F%2Fa.b%2F%23%2Ft%2F7%3Fkey%3D…&data=1".to_owned(),
            ),
            (
                format!("> https://a.b/#/t/7?key={}\n> {}\n> hola", &KEY[..20], &KEY[20..]),
                "> https://a.b/#/t/7?key=…\n> hola".to_owned(),
            ),
            (
                format!("https://a.b/#/t/7?key={}\nhola", &KEY[..20]),
                "https://a.b/#/t/7?key=…\nhola".to_owned(),
            ),
            ("¿?key=abc y #/m/ solos".to_owned(), "¿?key=abc y #/m/ solos".to_owned()),
        ];
        for (text, right) in cases {
            assert_eq!(conceal(&text), right);
        }
    }

    proptest! {
        #[test]
        fn no_link_gives_its_secret_away(before in ".{0,40}", secret in "[A-Za-z0-9_-]{43}", after in "([^A-Za-z0-9_-].{0,40})?", at in 0_usize..43) {
            let whole = conceal(&format!("{before}#/t/1?key={secret}{after}"));
            prop_assert!(!whole.contains(&secret), "{whole}");
            let broken = conceal(&format!("{before}#/t/1?key={}\n>> {}{after}", &secret[..at], &secret[at..]));
            let longer = if at > 21 { &secret[..at] } else { &secret[at..] };
            prop_assert!(!broken.contains(longer), "{broken}");
        }

        #[test]
        fn a_text_without_our_links_stays_as_it_is(text in "[^#?%]{0,200}") {
            prop_assert_eq!(conceal(&text), text);
        }
    }
}
