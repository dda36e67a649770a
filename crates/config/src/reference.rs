//! The reference page of all keys.

use std::fmt::Write as _;

use crate::definition::Definition;
use crate::key::{Default, Key};

/// A chapter of the page.
struct Chapter {
    title: &'static str,
    about: &'static str,
    definition: Definition,
    /// Whether its keys have an update mode.
    of_a_node: bool,
}

const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Nodes",
        about: "In the file of a broker or controller, `server.properties`. Those that are not read-only can also be \
                changed while a broker runs: *per-broker* for one broker, *cluster-wide* for one or for all.",
        definition: Definition::BROKER,
        of_a_node: true,
    },
    Chapter {
        title: "Nodes, while they run",
        about: "Only as dynamic configuration of brokers, never in the file.",
        definition: Definition::BROKER_DYNAMIC_ONLY,
        of_a_node: true,
    },
    Chapter {
        title: "Topics",
        about: "When a topic is created, and at any time later.",
        definition: Definition::TOPIC,
        of_a_node: false,
    },
    Chapter {
        title: "Groups",
        about: "At any time, whether the group exists or not.",
        definition: Definition::GROUP,
        of_a_node: false,
    },
    Chapter {
        title: "Client metrics",
        about: "Subscriptions to metrics that clients push.",
        definition: Definition::CLIENT_METRICS,
        of_a_node: false,
    },
    Chapter {
        title: "Quotas of users and client ids",
        about: "Rates of an entity, and credentials of a user.",
        definition: Definition::USER,
        of_a_node: false,
    },
    Chapter {
        title: "Quotas of addresses",
        about: "Rates of an address.",
        definition: Definition::IP_QUOTA,
        of_a_node: false,
    },
    Chapter {
        title: "Remote log metadata",
        about: "In the file of a node, behind the prefix `rlmm.config.` or whatever \
                `remote.log.metadata.manager.impl.prefix` says.",
        definition: Definition::REMOTE_LOG_METADATA,
        of_a_node: false,
    },
];

/// The page, as Markdown. Internal keys are left out.
pub fn reference_page() -> String {
    let mut page = String::from(
        "# Configuration\n\nEvery key of Kafka 4.3, with the same name, type, default and meaning. \
         This page is made from the code by `cargo xtask docs`.\n",
    );
    for chapter in CHAPTERS {
        write_chapter(&mut page, chapter);
    }
    page
}

fn write_chapter(page: &mut String, chapter: &Chapter) {
    let mode = if chapter.of_a_node { " change |" } else { "" };
    let line = if chapter.of_a_node { " --- |" } else { "" };
    push(page, format_args!("\n## {}\n\n{}\n\n", chapter.title, chapter.about));
    push(page, format_args!("| key | type | default | valid | importance |{mode} what it does |\n"));
    push(page, format_args!("| --- | --- | --- | --- | --- |{line} --- |\n"));
    let mut keys: Vec<&Key> = chapter.definition.keys().filter(|key| !key.internal).collect();
    keys.sort_by_key(|key| key.name);
    for key in keys {
        let mode = if chapter.of_a_node { format!(" {} |", key.update_mode.name()) } else { String::new() };
        push(
            page,
            format_args!(
                "| `{}` | {} | {} | {} | {} |{mode} {} |\n",
                key.name,
                key.value_type.name().to_lowercase(),
                code(&default_text(key)),
                code(&key.validator.to_string()),
                key.importance.name(),
                what_it_does(key),
            ),
        );
    }
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes all text");
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn default_text(key: &Key) -> String {
    match (key.default, key.default_value()) {
        (Default::Required, _) => "required".to_owned(),
        (_, None) => "null".to_owned(),
        (_, Some(value)) => value.text(),
    }
}

fn what_it_does(key: &Key) -> String {
    let synonyms: Vec<String> = key.synonyms.iter().map(|name| format!("`{name}`")).collect();
    match synonyms[..] {
        [] => key.documentation_text(),
        _ => format!("{} Inherited from {}.", key.documentation_text(), synonyms.join(", else ")),
    }
}
