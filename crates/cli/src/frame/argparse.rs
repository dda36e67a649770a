//! Command lines as those of Kafka's tools parse them that have commands within, which is as argparse4j does.
//!
//! Long options may be shortened while it is clear which is meant, `--name value` and `--name=value` are alike, and so are
//! `-n value`, `-nvalue` and `-n=value`; flags of one letter may be joined. An option given twice counts as given last. Options of
//! the tool stand before the command, those of the command after it.

use std::slice::Iter;

use thiserror::Error;

use super::arguments::Arguments;
use super::option_spec::{Argument, Kind, OptionSpec};
use super::tool::{Command, Exclusive, HELP, VERSION};

/// A command line that cannot be parsed, in argparse4j's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ParseError {
    #[error("too few arguments")]
    TooFew,
    #[error("invalid choice: '{given}' (choose from {})", quoted(.choices))]
    Command { given: String, choices: Vec<&'static str> },
    #[error("unrecognized arguments: '{0}'")]
    Unrecognized(String),
    #[error("ambiguous option: {given} could match {}", .matches.join(", "))]
    Ambiguous { given: String, matches: Vec<String> },
    #[error("argument {0} is required")]
    OptionMissing(String),
    #[error("one of the arguments {0} is required")]
    OneOfMissing(String),
    #[error("argument {0}: expected one argument")]
    ValueMissing(String),
    #[error("argument {0}: expected 1 argument(s)")]
    ValuesMissing(String),
    #[error("argument {0}: ignore implicit argument '{1}'")]
    ValueOfFlag(String, String),
    #[error("argument {option}: could not convert '{value}' to {kind} (For input string: \"{value}\")")]
    Malformed { option: String, value: String, kind: &'static str },
    #[error("argument {option}: invalid choice: '{value}' (choose from {{{}}})", .choices.join(","))]
    Choice { option: String, value: String, choices: &'static [&'static str] },
    #[error("argument {0}: not allowed with argument {1}")]
    Excluded(String, String),
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// A parsed command line, or how far parsing came: up to which command, to show its usage.
pub(super) struct Parsed {
    pub(super) command: Option<&'static Command>,
    pub(super) outcome: Result<Arguments, ParseError>,
}

/// What a tool or one of its commands accepts.
#[derive(Clone, Copy)]
struct Level {
    options: &'static [OptionSpec],
    exclusive: &'static [Exclusive],
}

/// Parses `arguments`: options of the tool, then, if it has commands, one of them with its own.
pub(super) fn parse(
    options: &'static [OptionSpec],
    exclusive: &'static [Exclusive],
    commands: &'static [Command],
    arguments: &[String],
) -> Parsed {
    let mut parsed = Arguments::of(arguments);
    let mut rest = arguments.iter();
    let mut command = None;
    let outcome = parse_levels(Level { options, exclusive }, commands, &mut rest, &mut parsed, &mut command);
    Parsed { command, outcome: outcome.map(|()| parsed) }
}

fn parse_levels(
    tool: Level,
    commands: &'static [Command],
    rest: &mut Iter<'_, String>,
    parsed: &mut Arguments,
    chosen: &mut Option<&'static Command>,
) -> Result<(), ParseError> {
    if let Some(word) = parse_options(tool, rest, parsed)? {
        if commands.is_empty() {
            return Err(ParseError::Unrecognized(word));
        }
        let Some(command) = commands.iter().find(|command| command.name == word) else {
            let choices = commands.iter().map(|command| command.name).collect();
            return Err(ParseError::Command { given: word, choices });
        };
        *chosen = Some(command);
        parsed.choose(command.name);
        let level = Level { options: command.options, exclusive: command.exclusive };
        if let Some(word) = parse_options(level, rest, parsed)? {
            return Err(ParseError::Unrecognized(word));
        }
        check_presence(level, parsed)?;
    }
    check_presence(tool, parsed)?;
    let lacks_command = !commands.is_empty() && chosen.is_none();
    if lacks_command && !parsed.has(&HELP) && !parsed.has(&VERSION) {
        Err(ParseError::TooFew)
    } else {
        Ok(())
    }
}

/// Parses options up to a word that is none, which it returns.
fn parse_options(
    level: Level,
    rest: &mut Iter<'_, String>,
    parsed: &mut Arguments,
) -> Result<Option<String>, ParseError> {
    while let Some(argument) = rest.next() {
        if argument == "--" {
            return Ok(rest.next().cloned());
        }
        if !looks_like_option(argument) {
            return Ok(Some(argument.clone()));
        }
        if argument.starts_with("--") {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument.as_str(), None),
            };
            let spec = find_long(level, argument, name)?;
            take(level, &spec, value, rest, parsed)?;
        } else {
            parse_letters(level, argument, rest, parsed)?;
        }
        if parsed.has(&HELP) || parsed.has(&VERSION) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Options of one letter: `-c value`, `-cvalue`, `-c=value`, or several flags.
fn parse_letters(
    level: Level,
    argument: &str,
    rest: &mut Iter<'_, String>,
    parsed: &mut Arguments,
) -> Result<(), ParseError> {
    let mut letters = argument[1..].chars();
    while let Some(letter) = letters.next() {
        let known = level.options.iter().copied().chain([HELP.short('h')]);
        let Some(spec) = known.into_iter().find(|spec| spec.short == Some(letter)) else {
            return Err(ParseError::Unrecognized(argument.to_owned()));
        };
        let after = letters.as_str();
        if matches!(spec.argument, Argument::None) && !after.starts_with('=') {
            take(level, &spec, None, rest, parsed)?;
            continue;
        }
        let value = if after.is_empty() { None } else { Some(after.strip_prefix('=').unwrap_or(after)) };
        return take(level, &spec, value, rest, parsed);
    }
    Ok(())
}

fn find_long(level: Level, argument: &str, given: &str) -> Result<OptionSpec, ParseError> {
    let name = given.trim_start_matches('-');
    let known = || level.options.iter().copied().chain([HELP]);
    if let Some(spec) = known().find(|spec| spec.name == name) {
        return Ok(spec);
    }
    let similar: Vec<OptionSpec> = known().filter(|spec| spec.name.starts_with(name)).collect();
    match similar.as_slice() {
        [] => Err(ParseError::Unrecognized(argument.to_owned())),
        [spec] => Ok(*spec),
        several => {
            let matches = several.iter().map(|spec| format!("--{}", spec.name)).collect();
            Err(ParseError::Ambiguous { given: given.to_owned(), matches })
        }
    }
}

/// Takes an option with its values.
fn take(
    level: Level,
    spec: &OptionSpec,
    attached: Option<&str>,
    rest: &mut Iter<'_, String>,
    parsed: &mut Arguments,
) -> Result<(), ParseError> {
    check_exclusive(level, spec, parsed)?;
    let mut values: Vec<String> = attached.map(str::to_owned).into_iter().collect();
    match spec.argument {
        Argument::None => {
            return match attached {
                Some(value) => Err(ParseError::ValueOfFlag(display(spec), value.to_owned())),
                None => {
                    parsed.give(spec, None);
                    Ok(())
                }
            };
        }
        Argument::Several { .. } if attached.is_none() => {
            values.extend(std::iter::from_fn(|| next_value(rest)));
            if values.is_empty() {
                return Err(ParseError::ValuesMissing(display(spec)));
            }
        }
        Argument::Required { .. } if attached.is_none() => {
            values.push(next_value(rest).ok_or_else(|| ParseError::ValueMissing(display(spec)))?);
        }
        Argument::Optional { .. } if attached.is_none() => values.extend(next_value(rest)),
        Argument::Several { .. } | Argument::Required { .. } | Argument::Optional { .. } => {}
    }
    if !spec.is_repeated {
        parsed.take_back(spec);
    }
    if values.is_empty() {
        parsed.give(spec, None);
    }
    for value in values {
        check_value(spec, &value)?;
        parsed.give(spec, Some(value));
    }
    Ok(())
}

fn check_value(spec: &OptionSpec, value: &str) -> Result<(), ParseError> {
    let (option, value) = (display(spec), value.to_owned());
    if !spec.kind.accepts(&value) {
        return Err(ParseError::Malformed { option, value, kind: spec.kind.name() });
    }
    if !spec.choices.is_empty() && !spec.choices.contains(&value.as_str()) {
        return Err(ParseError::Choice { option, value, choices: spec.choices });
    }
    Ok(())
}

fn check_exclusive(level: Level, spec: &OptionSpec, parsed: &Arguments) -> Result<(), ParseError> {
    for group in level.exclusive.iter().filter(|group| group.names.contains(&spec.name)) {
        let other = group.names.iter().find(|name| **name != spec.name && parsed.has_named(name));
        if let Some(other) = other {
            return Err(ParseError::Excluded(display(spec), display_named(level, other)));
        }
    }
    Ok(())
}

fn check_presence(level: Level, parsed: &Arguments) -> Result<(), ParseError> {
    if parsed.has(&HELP) || parsed.has(&VERSION) {
        return Ok(());
    }
    if let Some(spec) = level.options.iter().find(|spec| spec.is_required && !parsed.has(spec)) {
        return Err(ParseError::OptionMissing(display(spec)));
    }
    let missing =
        |group: &&Exclusive| group.is_required && !group.names.iter().any(|name| parsed.has_named(name));
    if let Some(group) = level.exclusive.iter().find(missing) {
        let names: Vec<String> = group.names.iter().map(|name| display_named(level, name)).collect();
        return Err(ParseError::OneOfMissing(names.join(" ")));
    }
    Ok(())
}

fn next_value(rest: &mut Iter<'_, String>) -> Option<String> {
    let next = rest.as_slice().first()?;
    if looks_like_option(next) || next == "--" { None } else { rest.next().cloned() }
}

/// A negative number does not look like an option, as no option of any tool looks like a number.
fn looks_like_option(argument: &str) -> bool {
    argument.len() > 1 && argument.starts_with('-') && !Kind::Double.accepts(argument)
}

fn display_named(level: Level, name: &str) -> String {
    let spec = level.options.iter().find(|spec| spec.name == name);
    spec.map_or_else(|| format!("--{name}"), display)
}

fn display(spec: &OptionSpec) -> String {
    match spec.short {
        Some(letter) => format!("--{}/-{letter}", spec.name),
        None => format!("--{}", spec.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: OptionSpec = OptionSpec::value("config", "file", "").short('c').required();
    const FEATURE: OptionSpec = OptionSpec::value("feature", "feature", "").short('f').repeated();
    const FORCE: OptionSpec = OptionSpec::flag("force", "").short('g');
    const ALONE: OptionSpec = OptionSpec::flag("alone", "").short('s');
    const NOBODY: OptionSpec = OptionSpec::flag("nobody", "").short('N');
    const COUNT: OptionSpec = OptionSpec::value("count", "count", "").long();
    const ACKS: OptionSpec = OptionSpec::value("acks", "acks", "").integer().one_of(&["0", "1", "-1"]);
    const PROPERTY: OptionSpec = OptionSpec::several("property", "k=v", "");
    const COMMANDS: &[Command] = &[
        Command {
            name: "format",
            summary: "",
            options: &[CONFIG, FEATURE, FORCE, ALONE, NOBODY],
            exclusive: &[Exclusive { names: &["alone", "nobody"], is_required: false }],
        },
        Command { name: "uuid", summary: "", options: &[], exclusive: &[] },
    ];
    const FLAT: &[OptionSpec] = &[COUNT, ACKS, PROPERTY, FORCE, ALONE];

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn with_commands(line: &str) -> Result<Arguments, ParseError> {
        parse(&[], &[], COMMANDS, &words(line)).outcome
    }

    fn flat(line: &str) -> Result<Arguments, ParseError> {
        let exclusive: &[Exclusive] = &[Exclusive { names: &["force", "alone"], is_required: true }];
        parse(FLAT, exclusive, &[], &words(line)).outcome
    }

    #[test]
    fn a_command_and_its_options() {
        for line in [
            "format --config x",
            "format -c x",
            "format -cx",
            "format -c=x",
            "format --conf=x",
            "format --c x",
        ] {
            let arguments = with_commands(line).expect(line);
            assert_eq!(arguments.command(), Some("format"));
            assert_eq!(arguments.value(&CONFIG), Ok(Some("x")), "{line}");
        }
        let arguments = with_commands("format -c x -gs -f a=1 --feature b=2 -c y").expect("parses");
        assert!(arguments.has(&FORCE) && arguments.has(&ALONE));
        assert_eq!(arguments.values(&FEATURE), ["a=1", "b=2"]);
        assert_eq!(arguments.value(&CONFIG), Ok(Some("y")));
        assert!(with_commands("format -h").expect("parses").has(&HELP));
        assert!(with_commands("--help").expect("parses").has(&HELP));
    }

    #[test]
    fn options_without_a_command() {
        let arguments = flat("--force --property a=1 b=2 --count -3 --acks -1").expect("parses");
        assert_eq!(arguments.values(&PROPERTY), ["a=1", "b=2"]);
        assert_eq!(arguments.long(&COUNT), Ok(Some(-3)));
        assert_eq!(arguments.integer(&ACKS), Ok(Some(-1)));
    }

    #[test]
    fn errors_are_kafkas() {
        let error = |line| with_commands(line).expect_err(line).to_string();
        assert_eq!(error(""), "too few arguments");
        assert_eq!(error("bogus"), "invalid choice: 'bogus' (choose from 'format', 'uuid')");
        assert_eq!(error("format"), "argument --config/-c is required");
        assert_eq!(error("format -c"), "argument --config/-c: expected one argument");
        assert_eq!(error("format -c x y"), "unrecognized arguments: 'y'");
        assert_eq!(error("format -c x --foo"), "unrecognized arguments: '--foo'");
        assert_eq!(error("format --fo"), "argument --config/-c is required");
        assert_eq!(error("format --f"), "ambiguous option: --f could match --feature, --force");
        assert_eq!(error("format -s=3"), "argument --alone/-s: ignore implicit argument '3'");
        assert_eq!(error("format -s -N"), "argument --nobody/-N: not allowed with argument --alone/-s");
        let error = |line| flat(line).expect_err(line).to_string();
        assert_eq!(error(""), "one of the arguments --force/-g --alone/-s is required");
        assert_eq!(
            error("--count abc"),
            "argument --count: could not convert 'abc' to Long (For input string: \"abc\")"
        );
        assert_eq!(error("--acks 7"), "argument --acks: invalid choice: '7' (choose from {0,1,-1})");
        assert_eq!(error("--property"), "argument --property: expected 1 argument(s)");
        assert_eq!(error("word"), "unrecognized arguments: 'word'");
    }
}
