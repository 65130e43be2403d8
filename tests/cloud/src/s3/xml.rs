//! The little XML that S3 needs: elements without attributes, out of and into text.
//!
//! Not a parser: a body with comments, CDATA or nested elements of one name is beyond it.

use crate::reply::escape;

/// Contents of every element of this name, as they are.
pub(super) fn all<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let after = text.split(&open).skip(1);
    after.filter_map(|rest| rest.split_once(&close).map(|(content, _)| content)).collect()
}

/// Content of the first element of this name, with entities resolved.
pub(super) fn one(text: &str, name: &str) -> Option<String> {
    let content = all(text, name).first()?.trim();
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Some(entities.iter().fold(content.to_owned(), |text, (entity, plain)| text.replace(entity, plain)))
}

/// An element of text.
pub(super) fn element(name: &str, content: &str) -> String {
    format!("<{name}>{}</{name}>", escape(content))
}

/// A document with this root in S3's namespace; `content` is XML already.
pub(super) fn document(root: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>"
    )
}
