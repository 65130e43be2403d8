//! Reading the XML of AWS's older protocols: what the plugin asks of it are texts of elements that hold no others.

/// The text of the first element of this name; `None` where there is none, or an empty one.
pub(super) fn element(text: &str, name: &str) -> Option<String> {
    let inside = section(text, name)?;
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let inside = entities.iter().fold(inside.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    (!inside.is_empty()).then_some(inside)
}

/// What is in the first element of this name, as it is written.
pub(super) fn section<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}
