//! README.md and README.ja.md say the same: section by section, as far as counting goes.

use super::root;

/// Headings of the first and second level below the title, and what the Japanese one calls them.
const PAIRS: [(&str, &str); 19] = [
    ("## Try it", "## 試す"),
    ("## Ten minutes on Fargate", "## Fargate で 10 分"),
    ("## Choosing destinations", "## 宛先の選び方"),
    ("## How it reads a record", "## レコードの分類"),
    ("### Names", "### 名前"),
    ("## Stop reports", "## 停止レポート"),
    ("### What goes where", "### どこへ送るか"),
    ("### Where stops come from", "### 停止をどこから知るか"),
    ("## Blocking, buffers, and where lines are lost before they get here", "## ブロッキングとバッファー"),
    ("## Deploying", "## デプロイ"),
    ("## What it promises", "## 保証すること"),
    ("## What happens when …", "## こんなときは"),
    ("## Counters", "## カウンター"),
    (KEYS, "## キー"),
    ("## Troubleshooting", "## トラブルシューティング"),
    ("## Coming from something else", "## 他の方法からの移行"),
    ("## Limits", "## 制限"),
    ("## FAQ", "## FAQ"),
    ("## For developers", "## 開発者向け"),
];

/// The reference is generated and in English; the Japanese section leads there.
const KEYS: &str = "## Keys";

/// What stands below a heading.
#[derive(Debug)]
struct Section {
    heading: String,
    lines: Vec<String>,
}

impl Section {
    /// Lines that begin like this.
    fn count(&self, start: &str) -> usize {
        self.lines.iter().filter(|line| line.starts_with(start)).count()
    }
}

/// In order; what stands above the first heading is one without a name.
fn sections(name: &str) -> Vec<Section> {
    let text = std::fs::read_to_string(root().join(name)).expect("the document");
    let mut all = vec![Section { heading: String::new(), lines: Vec::new() }];
    let mut in_block = false;
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        match !in_block && (line.starts_with("## ") || line.starts_with("### ")) {
            true => all.push(Section { heading: line.to_owned(), lines: Vec::new() }),
            false => all.last_mut().expect("one").lines.push(line.to_owned()),
        }
    }
    all
}

#[test]
fn every_section_has_its_counterpart() {
    let headings = |name| sections(name).into_iter().skip(1).map(|one| one.heading).collect::<Vec<_>>();
    assert_eq!(headings("README.md"), PAIRS.map(|(english, _)| english));
    assert_eq!(headings("README.ja.md"), PAIRS.map(|(_, japanese)| japanese));
}

/// A row, a point, a question or a command that one of them lacks.
#[test]
fn every_section_says_as_much_as_its_counterpart() {
    let things = [("rows", "|"), ("points", "* "), ("paragraphs with a title", "**"), ("blocks", "```")];
    let mut differ = Vec::new();
    for (english, japanese) in sections("README.md").iter().zip(&sections("README.ja.md")) {
        for (name, start) in things.iter().filter(|_| english.heading != KEYS) {
            let (here, there) = (english.count(start), japanese.count(start));
            if here != there {
                differ.push(format!("{}: {here} {name}, {}: {there}", english.heading, japanese.heading));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
