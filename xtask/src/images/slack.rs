//! A message in Slack, drawn from a request that the plugin sends: the blocks and the markup that it uses, and no more.

use serde_json::Value;

use super::escape;
use crate::tools;

const WIDTH: usize = 760;
const LEFT: usize = 32;
const LINE: usize = 20;
/// Characters of a line; a column of fields has half of them.
const COLUMNS: usize = 84;

/// Where the next line goes, and what is drawn so far.
#[derive(Debug, Default)]
struct Drawing {
    y: usize,
    svg: String,
}

/// The message in the request that this file holds.
pub(super) fn message(file: &str) -> Result<String, String> {
    let path = tools::root().join(file);
    let request = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let (_, body) = request.split_once("\n\n").ok_or_else(|| format!("{file}: no body"))?;
    let body: Value = serde_json::from_str(body).map_err(|error| format!("{file}: {error}"))?;
    let blocks = body.get("blocks").and_then(Value::as_array).ok_or_else(|| format!("{file}: no blocks"))?;
    let mut drawing = Drawing { y: 16, svg: String::new() };
    blocks.iter().for_each(|block| drawing.block(block));
    Ok(drawing.finish())
}

impl Drawing {
    fn block(&mut self, block: &Value) {
        let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
        let elements = |name: &str| block.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        match kind {
            "header" => self.lines(&text_of(block.get("text")), LEFT, "h", COLUMNS),
            "context" => elements("elements").iter().for_each(|one| self.text(one, "c")),
            _ => block.get("text").into_iter().for_each(|one| self.text(one, "t")),
        }
        elements("fields").chunks(2).for_each(|pair| self.fields(pair));
        self.y += LINE / 2;
    }

    fn text(&mut self, element: &Value, class: &str) {
        self.lines(&text_of(Some(element)), LEFT, class, COLUMNS);
    }

    /// Two fields side by side.
    fn fields(&mut self, pair: &[Value]) {
        let top = self.y;
        let mut bottom = top;
        for (column, field) in pair.iter().enumerate() {
            self.y = top;
            self.lines(&text_of(Some(field)), LEFT + column * WIDTH / 2, "t", COLUMNS / 2);
            bottom = bottom.max(self.y);
        }
        self.y = bottom;
    }

    fn lines(&mut self, markup: &str, x: usize, class: &str, columns: usize) {
        for line in markup.lines().flat_map(|line| wrap(line, columns)) {
            self.y += LINE;
            let class = if line.starts_with('*') { "b" } else { class };
            let shown = escape(&links(&line).replace('*', ""));
            self.svg
                .push_str(&format!("<text x=\"{x}\" y=\"{}\" class=\"{class}\">{shown}</text>\n", self.y));
        }
    }

    fn finish(self) -> String {
        let height = self.y + 24;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
             <style>text {{ font: 15px Lato, Helvetica, Arial, sans-serif; fill: #1d1c1d }} .h {{ font-size: 18px; \
             font-weight: bold }} .b {{ font-weight: bold }} .c {{ font-size: 13px; fill: #616061 }}</style>\n\
             <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#fff\" stroke=\"#ddd\"/>\n\
             <rect x=\"14\" y=\"16\" width=\"4\" height=\"{}\" rx=\"2\" fill=\"#e01e5a\"/>\n{}</svg>\n",
            height - 32,
            self.svg
        )
    }
}

/// The text of a block's element.
fn text_of(element: Option<&Value>) -> String {
    let text = element.and_then(|element| element.get("text"));
    // A header's text is an object with a text of its own.
    let text = text.and_then(|text| text.get("text").or(Some(text))).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Breaks between words. A bold line stays bold in each of its parts.
fn wrap(line: &str, columns: usize) -> Vec<String> {
    let is_bold = line.starts_with('*') && line.ends_with('*');
    let mut lines: Vec<String> = vec![String::new()];
    for word in links(line).split_whitespace() {
        let Some(last) = lines.last_mut() else { continue };
        match last.chars().count() + word.chars().count() < columns {
            true if last.is_empty() => last.push_str(word),
            true => last.extend([" ", word]),
            false => lines.push(if is_bold { format!("*{word}") } else { word.to_owned() }),
        }
    }
    lines
}

/// `<address|text>` → `text`
fn links(line: &str) -> String {
    match line.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?))) {
        Some((before, (link, after))) => {
            format!("{before}{}{}", link.split_once('|').map_or(link, |(_, text)| text), links(after))
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(links("at <https://a|here> and <https://b>"), "at here and https://b");
        assert_eq!(wrap("*one two three*", 9), ["*one two", "*three*"]);
        assert_eq!(escape("a &lt; b & c"), "a &lt; b &amp; c");
    }

    #[test]
    fn the_picture_is_up_to_date() {
        let drawn = std::fs::read_to_string(tools::root().join("docs/images/slack.svg"));
        assert!(
            message(super::super::MESSAGE) == drawn.map_err(|error| error.to_string()),
            "cargo xtask images"
        );
    }

    #[test]
    fn fields_stand_side_by_side() {
        let mut drawing = Drawing::default();
        let field = |text: &str| serde_json::json!({"type": "mrkdwn", "text": text});
        drawing.fields(&[field("*k*\nv"), field("*l*\nw")]);
        assert_eq!((drawing.y, drawing.svg.matches("y=\"20\"").count()), (2 * LINE, 2));
    }
}
