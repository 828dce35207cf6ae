//! The tree of parts (RFC 2046), bounded in depth and number, each byte looked at once per level.

use super::headers::{Headers, line, split};
use super::params::Params;
use super::{charset, transfer};
use crate::limits::Limits;

/// A part that holds no parts.
#[derive(Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) content_type: Params,
    pub(crate) disposition: Params,
    pub(crate) content_id: Option<String>,
    encoding: String,
    raw: &'a [u8],
}

/// A part.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Leaf(Box<Leaf<'a>>),
    Multi { content_type: Params, children: Vec<Node<'a>> },
}

impl Leaf<'_> {
    /// The media type in lower case.
    pub(crate) fn kind(&self) -> &str {
        &self.content_type.value
    }

    /// The file name that the sender gave, decoded, not yet made harmless.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let name = self.disposition.get("filename").or_else(|| self.content_type.get("name"));
        name.filter(|name| !name.trim().is_empty())
    }

    /// Whether the part is text to be read, not a file. Text with a file name is a file, whatever its disposition says.
    pub(crate) fn is_body(&self) -> bool {
        matches!(self.kind(), "text/plain" | "text/html") && self.disposition.value != "attachment" && self.file_name().is_none()
    }

    /// The content, transfer encoding undone. Text that a list added behind base64 comes after it where `text` says so.
    pub(crate) fn bytes(&self, text: bool) -> Vec<u8> {
        match self.encoding.as_str() {
            "base64" => {
                let (mut decoded, rest) = transfer::base64(self.raw);
                if text && !rest.is_empty() {
                    decoded.push(b'\n');
                    decoded.extend_from_slice(rest);
                }
                decoded
            }
            "quoted-printable" => transfer::quoted_printable(self.raw),
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => {
                let lines = self.raw.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
                let data = lines.skip_while(|line| !line.starts_with(b"begin ")).skip(1);
                transfer::uudecode(data.take_while(|line| *line != b"end"))
            }
            _ => self.raw.to_vec(),
        }
    }

    /// The content as text with `\n` line ends, format=flowed undone.
    pub(crate) fn text(&self) -> String {
        let bytes = self.bytes(true);
        let declared = self.content_type.get("charset").map(str::to_owned);
        let is_html = self.kind() == "text/html";
        let label = declared.or_else(|| is_html.then(|| charset::named_by_html(&bytes)).flatten());
        let text = charset::decode(&bytes, label.as_deref()).replace("\r\n", "\n").replace('\r', "\n");
        let flowed = self
            .content_type
            .get("format")
            .is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        if flowed && !is_html {
            let delsp = self
                .content_type
                .get("delsp")
                .is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
            transfer::unflow(&text, delsp)
        } else {
            text
        }
    }
}

/// Walks one mail.
pub(crate) struct Walk<'l> {
    limits: &'l Limits,
    left: usize,
    /// Whether a bound was met.
    pub(crate) truncated: bool,
}

impl<'l> Walk<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            left: limits.parts,
            truncated: false,
        }
    }

    /// Reads the part of these headers and this body.
    pub(crate) fn node<'a>(&mut self, headers: &Headers<'_>, body: &'a [u8], depth: usize) -> Node<'a> {
        self.left = self.left.saturating_sub(1);
        let param = |name| {
            headers
                .raw(name)
                .map(|raw| Params::read(raw, headers.charset.as_deref()))
                .unwrap_or_default()
        };
        let mut content_type: Params = param("content-type");
        if content_type.value.starts_with("multipart/") {
            if depth >= self.limits.depth {
                self.truncated = true;
            } else if let Some(boundary) = boundary(&content_type, body) {
                let children = self.children(&boundary, body, depth);
                if !children.is_empty() {
                    return Node::Multi { content_type, children };
                }
            }
            if depth < self.limits.depth {
                // No boundary is to be found: what there is, is text.
                content_type.value = "text/plain".to_owned();
            }
        }
        // RFC 2045 §5.2: no type, or none that can be read, is plain text.
        if !content_type.value.contains('/') {
            content_type.value = "text/plain".to_owned();
        }
        Node::Leaf(Box::new(Leaf {
            content_type,
            disposition: param("content-disposition"),
            content_id: headers
                .text("content-id")
                .map(|id| id.trim_matches(['<', '>', ' ']).to_owned())
                .filter(|id| !id.is_empty()),
            encoding: headers.text("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase(),
            raw: body,
        }))
    }

    fn children<'a>(&mut self, boundary: &[u8], body: &'a [u8], depth: usize) -> Vec<Node<'a>> {
        let mut children = Vec::new();
        let (mut at, mut start) = (0, None);
        while let Some((text, next)) = line(body, at) {
            if let Some(last) = delimiter(text, boundary) {
                if let Some(start) = start {
                    self.child(&mut children, body.get(start..before(body, at)).unwrap_or_default(), depth);
                }
                start = (!last).then_some(next);
                if last {
                    break;
                }
                if self.left == 0 {
                    self.truncated = true;
                    return children;
                }
            }
            at = next;
        }
        // The closing delimiter may be missing: the part goes to the end.
        if let Some(start) = start {
            self.child(&mut children, body.get(start..).unwrap_or_default(), depth);
        }
        children
    }

    fn child<'a>(&mut self, children: &mut Vec<Node<'a>>, raw: &'a [u8], depth: usize) {
        if raw.is_empty() {
            return;
        }
        let (headers, body) = split(raw);
        children.push(self.node(&headers, raw.get(body..).unwrap_or_default(), depth + 1));
    }
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
fn before(body: &[u8], at: usize) -> usize {
    let head = &body[..at];
    let head = head.strip_suffix(b"\n").unwrap_or(head);
    head.strip_suffix(b"\r").unwrap_or(head).len()
}

/// Whether the line is a delimiter of `boundary`, and if so whether it is the last.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The boundary that the header names, or, where it names none, the one that the first line with two dashes shows.
fn boundary(content_type: &Params, body: &[u8]) -> Option<Vec<u8>> {
    if let Some(named) = content_type
        .get("boundary")
        .map(|named| named.trim_end().as_bytes())
        .filter(|named| !named.is_empty())
    {
        return Some(named.to_vec());
    }
    let mut at = 0;
    while let Some((text, next)) = line(body, at) {
        if let Some(guess) = text.strip_prefix(b"--").map(|guess| guess.trim_ascii_end())
            && (1..=70).contains(&guess.len())
            && !guess.contains(&b' ')
        {
            return Some(guess.to_vec());
        }
        at = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(node: &Node<'_>) -> String {
        match node {
            Node::Leaf(leaf) => leaf.kind().to_owned(),
            Node::Multi { children, .. } => format!("[{}]", children.iter().map(shape).collect::<Vec<_>>().join(" ")),
        }
    }

    fn walk(raw: &str, limits: &Limits) -> (String, bool) {
        let (headers, body) = split(raw.as_bytes());
        let mut walk = Walk::new(limits);
        let node = walk.node(&headers, &raw.as_bytes()[body..], 0);
        (shape(&node), walk.truncated)
    }

    #[test]
    fn one_boundary_may_begin_another() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\nx\n--ab\n\
                   Content-Type: text/html\n\n<p>\n--ab--\n--a\nContent-Type: image/png\n\nP\n--a--\nepilogue";
        assert_eq!(walk(raw, &Limits::default()).0, "[[text/plain text/html] image/png]");
    }

    #[test]
    fn bounds_are_kept() {
        let mut raw = String::new();
        for level in 0..50 {
            raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
        }
        let (shape, truncated) = walk(&raw, &Limits::default());
        assert!(truncated);
        assert_eq!(shape.matches('[').count(), 32);
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(5_000));
        let (shape, truncated) = walk(&raw, &Limits::default());
        assert!(truncated);
        assert!(shape.split(' ').count() <= 1_000);
    }
}
