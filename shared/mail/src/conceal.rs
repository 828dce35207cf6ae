//! Secrets of our own links, taken out of what people quote.
//!
//! Who answers a mail sends its text back, and with it the link that opens the ticket in their name. In the ticket it would stand before
//! everybody who may read that. Mail programs break such links in two, and mail filters rewrite them; the forms that are known are known here.
//! A file that hangs on the mail, as a forwarded mail does, stays as it is.

/// Letters of a secret, as `Secret` of chamada-platform makes them: 32 bytes in base64url.
const SECRET: usize = 43;
/// Fewer letters of a secret that was cut off are nothing to guess the rest from.
const PIECE: usize = 8;
/// Into how many lines a secret may be broken.
const BREAKS: usize = 4;

/// As written, percent-encoded once and twice, by a filter that writes `-` for `%` and `_` for `/`, in HTML, in quoted-printable.
const EQUALS: [&str; 6] = ["=3d", "=", "%3d", "%253d", "-3d", "&#61;"];
const QUESTIONS: [&str; 4] = ["?", "%3f", "%253f", "-3f"];
const SLASHES: [&str; 5] = ["/", "%2f", "%252f", "_", "&#47;"];

/// The text with `…` in place of the secrets of our links. What looks like none of them stays.
pub(crate) fn conceal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    // Each of these letters is looked at once, however many a stranger writes.
    for (at, _) in text.match_indices(['k', 'm']) {
        if at < done {
            continue;
        }
        if let Some((begin, end)) = secret(text, at) {
            out.push_str(&text[done..begin]);
            out.push('…');
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Where the secret stands of a link whose `key=` or `m/` begins at `at`.
fn secret(text: &str, at: usize) -> Option<(usize, usize)> {
    let (before, rest) = text.split_at(at);
    let (word, forms, of_ticket) = if rest.starts_with("key") {
        ("key", &EQUALS[..], ends_like_a_ticket(before))
    } else {
        ends_with(before, &SLASHES)?;
        ("m", &SLASHES[..], false)
    };
    let rest = &rest[word.len()..];
    let found = forms.iter().filter_map(|form| {
        let found = after(rest, form)?;
        let begin = text.len() - found.len();
        let dashed = matches!((word, *form), ("key", "-3d") | ("m", "_"));
        Some((begin, begin + extent(found, dashed, of_ticket)?))
    });
    // `=3d` is a form of `=`, or `=` and the first letters of a secret: nothing that may be of the secret is left.
    found.reduce(|(begin, end), (other, its_end)| (begin.min(other), end.max(its_end)))
}

/// How many bytes belong to the secret that the text begins with.
fn extent(found: &str, dashed: bool, of_ticket: bool) -> Option<usize> {
    // What is longer is no secret of ours, unless it stands in a link of ours with something behind it.
    let fits = |end: &usize| of_ticket || !found[*end..].bytes().next().is_some_and(is_letter);
    let piece = || Some(letters(found, dashed, SECRET).0).filter(|piece| of_ticket && *piece >= PIECE);
    whole(found, dashed).filter(fits).or_else(piece)
}

/// What stands behind the form that the text begins with. Forms are lower case; their hexadecimal digits may be upper case.
fn after<'a>(text: &'a str, form: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(form.len())?;
    start.eq_ignore_ascii_case(form).then_some(rest)
}

/// What stands before the form that the text ends with.
fn ends_with<'a>(text: &'a str, forms: &[&str]) -> Option<&'a str> {
    forms.iter().find_map(|form| {
        let (before, end) = text.split_at_checked(text.len().checked_sub(form.len())?)?;
        end.eq_ignore_ascii_case(form).then_some(before)
    })
}

/// Whether the text ends in a ticket's address: `/t/1042?`, broken behind it or not.
fn ends_like_a_ticket(text: &str) -> bool {
    let address = ends_with(text.trim_end_matches(is_between), &QUESTIONS);
    let path = address.map(|address| address.trim_end_matches(|c: char| c.is_ascii_digit()));
    let named = path.filter(|path| Some(path.len()) < address.map(str::len));
    let before = named
        .and_then(|path| ends_with(path, &SLASHES))
        .and_then(|path| path.strip_suffix('t'));
    before.is_some_and(|path| ends_with(path, &SLASHES).is_some())
}

/// What mail programs put between the parts of a broken word: line ends, quote marks, and letters without width.
fn is_between(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '>' | '|' | '\u{200b}' | '\u{ad}')
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// How many bytes of a secret the text begins with, and how many letters they are, at most `most`.
fn letters(text: &str, dashed: bool, most: usize) -> (usize, usize) {
    let (mut bytes, mut count) = (0, 0);
    while count < most {
        match &text.as_bytes()[bytes..] {
            [b'-', b'2', b'D' | b'd', ..] | [b'-', b'5', b'F' | b'f', ..] if dashed => bytes += 3,
            [letter, ..] if is_letter(*letter) => bytes += 1,
            _ => break,
        }
        count += 1;
    }
    (bytes, count)
}

/// Where a whole secret ends that the text begins with, broken or not.
fn whole(text: &str, dashed: bool) -> Option<usize> {
    let (mut end, mut count) = (0, 0);
    for _ in 0..=BREAKS {
        let (bytes, more) = letters(&text[end..], dashed, SECRET - count);
        (end, count) = (end + bytes, count + more);
        if count == SECRET {
            return Some(end);
        }
        let rest = text[end..].strip_prefix('=').unwrap_or(&text[end..]);
        let next = rest.trim_start_matches(is_between);
        let between = &rest[..rest.len() - next.len()];
        if !between.contains(['\n', '\u{200b}', '\u{ad}']) {
            return None;
        }
        end = text.len() - next.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQ-_";
    const LINK: &str = "https://a.b/#/t/7?key=";

    /// As the links of our mails come back.
    #[test]
    fn secrets_are_concealed_whatever_became_of_their_links() {
        let (one, two) = KEY.split_at(20);
        let dashed = KEY.replace('-', "-2D").replace("_", "-5F");
        let like_a_form = format!("3d{}", &KEY[2..]);
        let (form, others) = like_a_form.split_at(2);
        assert_eq!(conceal(&format!("{LINK}{form}\n>> {others}")), format!("{LINK}…"));
        for text in [
            format!("> {LINK}{KEY}\n> hola"),
            format!("<https://a.b/#/m/{KEY}> hola"),
            format!("https://filter.example/?url=https%3A%2F%2Fa.b%2F%23%2Ft%2F7%3Fkey%3D{KEY}&data=1"),
            format!("https://www.google.com/url?q=https://a.b/%23/t/7?key%3D{KEY}&sa=D"),
            format!("https://www.google.com/url?q=https://a.b/%23/m/{KEY}&sa=D"),
            format!("https%253A%252F%252Fa.b%252F%2523%252Ft%252F7%253Fkey%253D{KEY}"),
            format!("https://urldefense.example/v2/url?u=https-3A__a.b_-23_t_7-3Fkey-3D{dashed}&d=x"),
            format!("https://urldefense.example/v3/__https://a.b/*/t/7?key={KEY}__;Iw!!x"),
            format!("&#47;t&#47;7?key&#61;{KEY}"),
            format!("https://a.b/#/t/7?\n> key={KEY}"),
            format!("https://a.b/#/t/7?\u{200b}key=\u{200b}{KEY}"),
            format!("> {LINK}\n> {KEY}\n> hola"),
            format!("> {LINK}{one}\n> {two}\n> hola"),
            format!("{LINK}{one} \n\n>> {two}hola"),
            format!("| {LINK}{one}\r\n| {two}"),
            format!("{LINK}{one}=\n{two}"),
            format!("https://a.b/#/m/{one}\n{two}"),
        ] {
            let said = conceal(&text);
            assert!(said.contains('…') && !said.contains(one) && !said.contains(two), "{text}\n{said}");
        }
        assert_eq!(conceal(&format!("> {LINK}{KEY}\n> hola")), format!("> {LINK}…\n> hola"));
        assert_eq!(conceal(&format!("{LINK}{one}\nhola")), format!("{LINK}…\nhola"), "cut off");
    }

    #[test]
    fn other_links_and_words_stay() {
        for text in [
            "https://tienda.cl/order-received/12/?key=wc_order_AbC123xyz no abre",
            "https://maps.example/?key=AIzaSyA1234567890abcdefghijklmnopqrstuv",
            &format!("https://x.example/?key={KEY}{KEY}"),
            &format!("https://x.example/m/{KEY}{KEY}"),
            "key=abc /m/ km/h m/s ?key= monkey=",
            KEY,
        ] {
            assert_eq!(conceal(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_link_gives_its_secret_away(before in ".{0,40}", secret in "(3[dD][A-Za-z0-9_-]{41}|[A-Za-z0-9_-]{43})", after in "([^A-Za-z0-9_-].{0,40})?", at in 0_usize..43) {
            let whole = conceal(&format!("{before}#/t/1?key={secret}{after}"));
            prop_assert!(!whole.contains(&secret), "{whole}");
            let broken = conceal(&format!("{before}#/t/1?key={}\n>> {}{after}", &secret[..at], &secret[at..]));
            let longer = if at > 21 { &secret[..at] } else { &secret[at..] };
            prop_assert!(!broken.contains(longer), "{broken}");
        }

        #[test]
        fn whatever_the_text_it_is_read(text in "([km/?=%_\\-3DFt17\n >]|key=|/m/|\\PC){0,300}") {
            prop_assert!(conceal(&text).len() <= text.len());
        }
    }
}
