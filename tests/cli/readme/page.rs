//! A Markdown file as the tests need it, read by a parser of CommonMark with GitHub's tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// One file.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) path: PathBuf,
    pub(super) blocks: Vec<Block>,
    pub(super) links: Vec<String>,
    /// Ids of its headings, as GitHub makes them.
    pub(super) anchors: Vec<String>,
    /// Rows of its tables without their heads: the text of each cell.
    pub(super) rows: Vec<Vec<String>>,
}

/// What is between two fences.
#[derive(Debug)]
pub(super) struct Block {
    /// The word after the fence that opens it.
    pub(super) language: String,
    pub(super) text: String,
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let fences = text.lines().filter(|line| line.trim_start().starts_with("```")).count();
        assert!(fences.is_multiple_of(2), "{}: a block has no end", path.display());
        Self { path: path.to_owned(), ..Self::parse(&text) }
    }

    fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        Parser::new_ext(text, Options::ENABLE_TABLES).for_each(|event| reader.take(event));
        reader.page
    }

    pub(super) fn blocks_in<'p>(&'p self, language: &'p str) -> impl Iterator<Item = &'p Block> {
        self.blocks.iter().filter(move |block| block.language == language)
    }
}

/// Collects what the parser meets.
#[derive(Default)]
struct Reader {
    page: Page,
    /// The text of the heading, block or cell that is open.
    text: String,
    cells: Vec<String>,
    slugs: HashMap<String, usize>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::CodeBlock(CodeBlockKind::Fenced(language)) => {
                self.page.blocks.push(Block { language: language.into_string(), text: String::new() });
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.page.links.push(dest_url.into_string());
                return;
            }
            Tag::Emphasis | Tag::Strong => return,
            _ => {}
        }
        self.text.clear();
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::CodeBlock => self.close_block(),
            TagEnd::Heading(_) => self.anchor(),
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.text)),
            TagEnd::TableHead => self.cells.clear(),
            TagEnd::TableRow => self.page.rows.push(std::mem::take(&mut self.cells)),
            _ => {}
        }
    }

    fn close_block(&mut self) {
        if let Some(block) = self.page.blocks.last_mut().filter(|block| block.text.is_empty()) {
            block.text = std::mem::take(&mut self.text);
        }
    }

    /// `What goes where` → `what-goes-where`; the second one of a page gets `-1`.
    fn anchor(&mut self) {
        let title = self.text.trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = self.slugs.entry(slug.clone()).or_default();
        self.page.anchors.push(if *before == 0 { slug } else { format!("{slug}-{before}") });
        *before += 1;
    }
}

#[test]
fn a_page_has_blocks_links_anchors_and_rows() {
    let text = "# A `b`, c\nsee [d](e.md#f) and ![g](h.svg)\n```sh\nls [x](y)\n```\n# A b c\n\n|k|\n|-|\n|`x\\|y`|\n";
    let page = Page::parse(text);
    assert_eq!((page.blocks.len(), page.blocks[0].text.as_str()), (1, "ls [x](y)\n"));
    assert_eq!(page.blocks_in("sh").count(), 1);
    assert_eq!(page.links, ["e.md#f", "h.svg"]);
    assert_eq!(page.anchors, ["a-b-c", "a-b-c-1"]);
    assert_eq!(page.rows, [["x|y"]]);
}
