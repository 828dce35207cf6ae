//! Addresses in plain text, and the links that our mails carry.

use chamada_domain::TicketNumber;

use super::ComposeError;

/// A run of text; with `url`, a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) link: bool,
}

/// How much of a text becomes HTML, in lines: a mail is no archive, the whole is in the ticket and in the plain part.
const MOST_LINES: usize = 5_000;

/// The end of the address that `text` begins with; what closes a sentence or a bracket is not part of it.
fn url_end(text: &str) -> usize {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"`{}|\\^".contains(c))
        .unwrap_or(text.len());
    let mut url = &text[..end];
    while let Some(last) = url.chars().next_back() {
        let unopened = last == ')' && url.matches(')').count() > url.matches('(').count();
        if !(".,;:!?'*_]".contains(last) || unopened) {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url.len()
}

/// Splits one line into text and http(s) links.
fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = line[at..].find("http").map(|found| at + found) {
        let rest = &line[found..];
        let scheme = ["https://", "http://"]
            .iter()
            .find(|scheme| rest.starts_with(**scheme))
            .map_or(0, |scheme| scheme.len());
        let end = url_end(rest);
        if scheme == 0 || end <= scheme {
            at = found + 4;
            continue;
        }
        if plain < found {
            spans.push(Span {
                text: line[plain..found].to_owned(),
                link: false,
            });
        }
        spans.push(Span {
            text: rest[..end].to_owned(),
            link: true,
        });
        at = found + end;
        plain = at;
    }
    if plain < line.len() {
        spans.push(Span {
            text: line[plain..].to_owned(),
            link: false,
        });
    }
    spans
}

/// A text as paragraphs of lines of spans. Markdown stays as it was written; addresses become links.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<Vec<Span>>> {
    let mut paragraphs = vec![Vec::new()];
    for line in text.lines().take(MOST_LINES) {
        if line.trim().is_empty() {
            paragraphs.push(Vec::new());
        } else if let Some(last) = paragraphs.last_mut() {
            last.push(spans(line.trim_end()));
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// The site's address without a slash at its end.
pub(super) fn site(url: &str) -> Result<&str, ComposeError> {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .ok_or(ComposeError::SiteUrl)?;
    if host.is_empty() || !url.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'`\\#?".contains(&b)) {
        return Err(ComposeError::SiteUrl);
    }
    Ok(url.trim_end_matches('/'))
}

fn safe(secret: &str) -> Result<&str, ComposeError> {
    let plain = !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    plain.then_some(secret).ok_or(ComposeError::Secret)
}

/// The ticket's page, with a key where there is one.
pub(super) fn ticket(site: &str, number: TicketNumber, key: Option<&str>) -> Result<String, ComposeError> {
    Ok(match key {
        Some(key) => format!("{site}/#/t/{number}?key={}", safe(key)?),
        None => format!("{site}/#/t/{number}"),
    })
}

/// The landing page of a sign-in link.
pub(super) fn sign_in(site: &str, secret: &str) -> Result<String, ComposeError> {
    Ok(format!("{site}/#/m/{}", safe(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_text() {
        let read = |line: &str| {
            spans(line)
                .into_iter()
                .map(|s| if s.link { format!("<{}>", s.text) } else { s.text })
                .collect::<String>()
        };
        assert_eq!(
            read("see https://a.b/c?d=e&f, or (http://x.y/z)."),
            "see <https://a.b/c?d=e&f>, or (<http://x.y/z>)."
        );
        assert_eq!(read("[t](https://a.b/c_(d))!"), "[t](<https://a.b/c_(d)>)!");
        assert_eq!(read("httpx https:// javascript:a"), "httpx https:// javascript:a");
        assert_eq!(read("https://ñ.cl/ñ"), "<https://ñ.cl/ñ>");
    }

    #[test]
    fn links_are_made_of_plain_parts() {
        assert_eq!(site("https://a.b/x/").unwrap(), "https://a.b/x");
        for bad in [
            "",
            "ftp://a",
            "javascript:x",
            "https://",
            "https://a b",
            "https://a\r\nb",
            "https://a\"b",
            "https://a/#/x",
        ] {
            assert_eq!(site(bad), Err(ComposeError::SiteUrl), "{bad}");
        }
        assert_eq!(
            ticket("https://a.b", TicketNumber(7), Some("k-_1")).unwrap(),
            "https://a.b/#/t/7?key=k-_1"
        );
        assert!(ticket("https://a.b", TicketNumber(7), Some("k\"")).is_err());
    }
}
