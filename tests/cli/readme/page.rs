//! A Markdown file as the tests need it: fenced blocks and links. No more of Markdown than these documents use.

use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) path: PathBuf,
    pub(super) blocks: Vec<Block>,
    pub(super) links: Vec<String>,
    /// Ids of its headings, as GitHub makes them.
    pub(super) anchors: Vec<String>,
}

/// What stands between two fences.
#[derive(Debug)]
pub(super) struct Block {
    /// The word behind the fence that opens it.
    pub(super) language: String,
    pub(super) text: String,
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (blocks, prose) = split(&text);
        let links = prose.iter().flat_map(|line| links(line)).collect();
        let headings = prose.iter().filter(|line| line.starts_with('#'));
        Self { path: path.to_owned(), blocks, links, anchors: headings.map(|line| anchor(line)).collect() }
    }

    pub(super) fn blocks_in<'p>(&'p self, language: &'p str) -> impl Iterator<Item = &'p Block> {
        self.blocks.iter().filter(move |block| block.language == language)
    }
}

fn split(text: &str) -> (Vec<Block>, Vec<&str>) {
    let (mut blocks, mut prose): (Vec<Block>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open.as_mut()) {
            (Some(language), None) => {
                open = Some(Block { language: language.trim().to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => prose.push(line),
        }
    }
    assert!(open.is_none(), "a block has no end");
    (blocks, prose)
}

/// The addresses in `[…](…)` and `![…](…)`.
fn links(line: &str) -> Vec<String> {
    let parts = line.split("](").skip(1);
    parts.filter_map(|part| part.split_once(')')).map(|(address, _)| address.to_owned()).collect()
}

/// `## What goes where` → `what-goes-where`
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_page_has_blocks_links_and_anchors() {
    let (blocks, prose) = split("# A `b`, c\nsee [d](e.md#f) and ![g](h.svg)\n```sh\nls [x](y)\n```\n");
    assert_eq!((blocks.len(), blocks[0].text.as_str()), (1, "ls [x](y)\n"));
    assert_eq!(prose.iter().flat_map(|line| links(line)).collect::<Vec<_>>(), ["e.md#f", "h.svg"]);
    assert_eq!(anchor(prose[0]), "a-b-c");
}
