//! Which parts are the text, which the HTML, which files.

use crate::attachment;
use crate::html::{self, Images};
use crate::incoming::Attachment;
use crate::limits::Limits;
use crate::parse::structure::{Leaf, Node};
use crate::parse::transfer;

/// A piece of the body, in the order of reading.
#[derive(Default)]
struct Piece {
    plain: Option<String>,
    html: Option<String>,
}

/// The bodies and files of a mail.
#[derive(Default)]
pub(crate) struct Body {
    /// The text, quotes and all.
    pub(crate) text: String,
    pub(crate) has_html: bool,
    pub(crate) html: Option<String>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) truncated: bool,
}

/// What is found on the way through the tree.
struct Gather<'n, 'a> {
    pieces: Vec<Piece>,
    files: Vec<(&'n Leaf<'a>, bool)>,
}

impl<'n, 'a> Gather<'n, 'a> {
    /// Goes through `node`; `related` says that its files belong to an HTML text.
    fn node(&mut self, node: &'n Node<'a>, related: bool) {
        match node {
            Node::Leaf(leaf) if leaf.is_body() => {
                let text = Some(leaf.text());
                self.pieces.push(if leaf.kind() == "text/html" {
                    Piece { plain: None, html: text }
                } else {
                    Piece { plain: text, html: None }
                });
            }
            Node::Leaf(leaf) => self.files.push((leaf, related)),
            Node::Multi { content_type, children } => match content_type.value.as_str() {
                "multipart/alternative" => self.alternative(children, related),
                "multipart/related" => children.iter().for_each(|child| self.node(child, true)),
                _ => children.iter().for_each(|child| self.node(child, related)),
            },
        }
    }

    /// Of several forms of one text, the first plain one and the last HTML one (RFC 2046 §5.1.4: the last is the richest).
    fn alternative(&mut self, children: &'n [Node<'a>], related: bool) {
        let mut piece = Piece::default();
        for child in children {
            let mut inner = Gather {
                pieces: Vec::new(),
                files: Vec::new(),
            };
            inner.node(child, related);
            for found in inner.pieces {
                piece.plain = piece.plain.or(found.plain);
                piece.html = found.html.or(piece.html);
            }
            self.files.extend(inner.files);
        }
        if piece.plain.is_some() || piece.html.is_some() {
            self.pieces.push(piece);
        }
    }
}

/// Whether the plain form says so much less than the HTML form that it is a stopgap ('your program cannot show HTML').
fn is_stopgap(plain: &str, html_text: &str) -> bool {
    let words = |text: &str| text.split_whitespace().count();
    let (plain, rich) = (words(plain), words(html_text));
    rich > plain.saturating_mul(3) + 3
}

/// Reads the bodies and files below `root`; of the HTML's images those of `images` are kept.
pub(crate) fn read(root: &Node<'_>, limits: &Limits, images: Images) -> Body {
    let mut gather = Gather {
        pieces: Vec::new(),
        files: Vec::new(),
    };
    gather.node(root, false);
    let mut body = Body {
        has_html: gather.pieces.iter().any(|piece| piece.html.is_some()),
        ..Body::default()
    };
    let mut texts = Vec::new();
    let mut htmls = Vec::new();
    let mut html_left = limits.html_bytes;
    for piece in gather.pieces {
        let bound = Limits {
            html_bytes: html_left,
            ..*limits
        };
        let rich = piece.html.as_deref().map(|source| {
            html_left = html_left.saturating_sub(source.len());
            html::read(source, &bound, images)
        });
        let plain = piece.plain.map(|plain| take_files(&plain, &mut body, limits));
        if body.has_html {
            htmls.push(match (&rich, &plain) {
                (Some(rich), _) => rich.html.clone(),
                (None, plain) => plain.as_deref().map(html::from_text),
            });
        }
        texts.push(match (plain, rich) {
            (Some(plain), Some(rich)) if is_stopgap(&plain, &rich.text) => rich.text,
            (Some(plain), _) => plain,
            (None, rich) => rich.map(|rich| rich.text).unwrap_or_default(),
        });
    }
    texts.retain(|text| !text.trim().is_empty());
    body.text = texts.iter().map(|text| text.trim_matches('\n')).collect::<Vec<_>>().join("\n\n");
    // One piece that could not be made harmless, and there is no HTML to show.
    body.html = htmls
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .map(|htmls| htmls.join("\n"))
        .filter(|html| !html.is_empty());
    for (leaf, related) in gather.files {
        if body.attachments.len() >= limits.attachments {
            body.truncated = true;
            break;
        }
        body.attachments
            .push(attachment::from_leaf(leaf, related, body.attachments.len() + 1));
    }
    body
}

/// Takes uuencoded files out of plain text.
fn take_files(plain: &str, body: &mut Body, limits: &Limits) -> String {
    let (text, files) = transfer::take_uuencoded(plain);
    for (name, bytes) in files {
        if body.attachments.len() < limits.attachments {
            body.attachments
                .push(attachment::from_uuencoded(&name, bytes, body.attachments.len() + 1));
        } else {
            body.truncated = true;
        }
    }
    text
}
