//! HTML bodies: bounded, made harmless, turned into text.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ammonia::Builder;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::limits::Limits;

/// Elements that hold nothing, and those whose end may be left out and that end each other: an open one of these does not nest.
const SHALLOW: [&str; 31] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param", "keygen", "bgsound",
    "basefont", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup", "caption",
];

/// Counts how deep a parser would nest, from above: an end tag closes only what was opened under its name.
#[derive(Default)]
struct Depth {
    open: RefCell<HashMap<String, usize>>,
    now: Cell<usize>,
    most: Cell<usize>,
    foreign: Cell<bool>,
    /// Raw text after SVG, MathML or a list box: what the tokenizer should do hangs on the tree, which is not built here.
    unsure: Cell<bool>,
}

impl Depth {
    fn start(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if matches!(name, "svg" | "math" | "select" | "frameset") {
            self.foreign.set(true);
        }
        let raw = match name {
            "script" => Some(ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Some(Rawtext),
            "title" | "textarea" => Some(Rcdata),
            _ => None,
        };
        if let Some(kind) = raw {
            if self.foreign.get() {
                self.unsure.set(true);
            }
            return TokenSinkResult::RawData(kind);
        }
        if name == "plaintext" {
            return TokenSinkResult::Plaintext;
        }
        if !SHALLOW.contains(&name) {
            *self.open.borrow_mut().entry(name.to_owned()).or_default() += 1;
            self.now.set(self.now.get() + 1);
            self.most.set(self.most.get().max(self.now.get()));
        }
        TokenSinkResult::Continue
    }

    fn end(&self, tag: &Tag) {
        let name: &str = &tag.name;
        if let Some(count) = self.open.borrow_mut().get_mut(name).filter(|count| **count > 0) {
            *count -= 1;
            self.now.set(self.now.get() - 1);
        }
    }
}

impl TokenSink for Depth {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return self.start(&tag),
            Token::TagToken(tag) => self.end(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Whether the HTML may be given to a parser: html5ever is quadratic in depth, so that a small mail can hold a function for minutes.
fn bearable(html: &str, limits: &Limits) -> bool {
    if html.len() > limits.html_bytes {
        return false;
    }
    let tokenizer = Tokenizer::new(Depth::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // The sink asks for no script to be run, so that one call takes all.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.most.get() <= limits.html_depth && !tokenizer.sink.unsure.get()
}

/// Which images are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Images {
    /// Those that name a part of the same mail (`cid:`).
    Enclosed,
    /// Those too that lie elsewhere, under `https:`: whoever sent the mail learns that it is looked at.
    Remote,
}

impl Images {
    fn keep(self, address: &str) -> bool {
        let is = |scheme: &str| {
            let start = address.trim_start().get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        is("cid:") || (self == Self::Remote && is("https:"))
    }
}

/// Makes HTML harmless. Of images those of `images` are kept; links open apart and tell nobody whence.
fn clean(html: &str, images: Images) -> String {
    let mut builder = Builder::default();
    builder
        .add_url_schemes(["cid"])
        .rm_url_schemes([
            "bitcoin",
            "ftp",
            "ftps",
            "geo",
            "im",
            "irc",
            "ircs",
            "magnet",
            "mms",
            "mx",
            "news",
            "nntp",
            "openpgp4fpr",
            "sip",
            "sms",
            "smsto",
            "ssh",
            "url",
            "webcal",
            "wtai",
            "xmpp",
        ])
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_clean_content_tags(["title", "noscript", "template"])
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => images.keep(value).then(|| value.into()),
            (_, "src" | "cite" | "background") => None,
            ("a", "href") => (!value.trim_start().to_ascii_lowercase().starts_with("cid:")).then(|| value.into()),
            _ => Some(value.into()),
        });
    builder.clean(html).to_string()
}

/// What a piece of HTML became.
pub(crate) struct Cleaned {
    /// The harmless HTML, where it could be made.
    pub(crate) html: Option<String>,
    /// The text of it.
    pub(crate) text: String,
}

/// Makes HTML harmless and takes its text.
pub(crate) fn read(html: &str, limits: &Limits, images: Images) -> Cleaned {
    if !bearable(html, limits) {
        return Cleaned {
            html: None,
            text: stripped(html),
        };
    }
    let clean = clean(html, images);
    // Wide enough that no line is broken; tables in their reading order.
    let text = html2text::config::plain_no_decorate()
        .raw_mode(true)
        .no_link_wrapping()
        .allow_width_overflow()
        .string_from_read(clean.as_bytes(), 20_000)
        .unwrap_or_else(|_| stripped(&clean));
    Cleaned {
        html: Some(clean),
        text: tidy(&text),
    }
}

/// Lines without trailing space, no-break spaces as spaces, no more than two empty lines on end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.replace('\u{a0}', " ");
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

/// The text of HTML that no parser is given: tags cut out, the five entities of XML resolved. Crude, linear, and only for the absurd.
fn stripped(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else {
            rest = "";
            break;
        };
        let tag = rest[open + 1..open + close].to_ascii_lowercase();
        if ["br", "p", "/p", "div", "/div", "/tr", "li"]
            .iter()
            .any(|block| tag.split([' ', '/']).next() == Some(block) || tag == *block)
        {
            text.push('\n');
        }
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    tidy(&entities.iter().fold(text, |text, (entity, plain)| text.replace(entity, plain)))
}

/// Plain text as HTML, for a mail whose bodies are of both kinds.
pub(crate) fn from_text(text: &str) -> String {
    format!(
        "<p>{}</p>",
        ammonia::clean_text(text).replace("&#10;", "<br>").replace('\n', "<br>")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> Cleaned {
        read(html, &Limits::default(), Images::Enclosed)
    }

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        let html = "<style>p{background:url(http://t/x)}</style><script>a()</script><p onclick=a() style='background:url(//t)'>hi\
                    <img src=http://t/1.gif><img src=cid:i1@x><img src='CID:i2@x'><a href='javascript:a()'>j</a><a href='https://x/'>l</a>\
                    <a href='/rel'>r</a><form action=//t><input></form><iframe src=//t></iframe><svg><image href=//t /></svg></p>";
        let clean = of(html).html.unwrap();
        for bad in ["http://t", "//t", "script", "onclick", "style", "form", "iframe", "svg", "/rel"] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        for good in ["cid:i1@x", "CID:i2@x", "https://x/", "noreferrer"] {
            assert!(clean.contains(good), "{good} not in {clean}");
        }
    }

    #[test]
    fn images_from_elsewhere_are_kept_where_they_are_asked_for_and_nothing_else_is() {
        let html = "<img src=https://t/1.gif srcset='https://t/2.gif 2x'><img src=http://t/3.gif><img src=//t/4.gif><img src='data:image/svg+xml,x'>\
                    <img src=javascript:a() onerror=a()><body background=https://t/5.gif><table background=https://t/6.gif><a href=https://t/7 ping=https://t/8>";
        let clean = read(html, &Limits::default(), Images::Remote).html.unwrap();
        assert!(clean.contains(r#"src="https://t/1.gif""#), "{clean}");
        for bad in ["t/2", "t/3", "t/4", "data:", "javascript", "onerror", "t/5", "t/6", "t/8"] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        assert!(!of(html).html.unwrap().contains("t/1"));
    }

    #[test]
    fn text_keeps_paragraphs_and_quotes() {
        let text = of("<div>one</div><div><br></div><div>two&nbsp;<b>x</b></div><blockquote>three</blockquote>").text;
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["one", "two x", "> three"]);
        let long = "word ".repeat(500);
        assert_eq!(of(&format!("<p>{long}</p>")).text.lines().count(), 1);
    }

    #[test]
    fn depth_is_counted_before_parsing() {
        let deep = |open: &str, times: usize| bearable(&open.repeat(times), &Limits::default());
        assert!(deep("<div>x</div>", 10_000));
        assert!(deep("<p><li><td>", 10_000));
        assert!(!deep("<div>", 257));
        assert!(!deep("<div title='</div>'>", 300));
        assert!(!deep("<div><!-- </div> -->", 300));
        assert!(!deep("<div></x></p>", 300));
        assert!(!deep("<style><!--</style><div><i>", 300));
        assert!(!deep("<svg><style><g></style>", 2));
        assert!(!bearable(&"x".repeat(2_000_000), &Limits::default()));
        let bomb = of(&"<b><i><div>x".repeat(20_000));
        assert!(bomb.html.is_none());
        assert_eq!(bomb.text.matches('x').count(), 20_000);
    }
}
