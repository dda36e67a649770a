//! Command lines as most of Kafka's tools parse them, which is as jopt-simple does.
//!
//! `--name value` and `--name=value` are alike; one dash does for two; names are not abbreviated; the argument of an
//! option that must have one is whatever comes next, be it an option; an option without argument ignores one given by
//! `=`; `--` ends the options.

use super::arguments::Arguments;
use super::option_spec::{Argument, Kind, OptionSpec};
use super::tool::{HELP, VERSION};
use thiserror::Error;

/// A command line that cannot be parsed, in jopt-simple's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ParseError {
    #[error("{0} is not a recognized option")]
    Unrecognized(String),
    #[error("Option {0} requires an argument")]
    ArgumentMissing(&'static str),
    #[error("Missing required option(s) [{}]", .0.join(", "))]
    OptionsMissing(Vec<&'static str>),
    #[error("Option(s) [{}] are unavailable given other options on the command line", .0.join(", "))]
    Unavailable(Vec<&'static str>),
}

/// Parses `arguments`.
pub(super) fn parse(specs: &[OptionSpec], arguments: &[String]) -> Result<Arguments, ParseError> {
    let mut parsed = Arguments::of(arguments);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            rest.by_ref().for_each(|word| parsed.add_word(word));
            break;
        }
        if !looks_like_option(argument) {
            parsed.add_word(argument);
            continue;
        }
        let (spec, value) = recognize(specs, argument)?;
        let value = match spec.argument {
            Argument::None => None,
            _ if value.is_some() => value,
            Argument::Required { .. } | Argument::Several { .. } => {
                Some(rest.next().ok_or(ParseError::ArgumentMissing(spec.name))?.clone())
            }
            Argument::Optional { .. } => next_if_value(spec.kind, &mut rest),
        };
        parsed.give(spec, value);
    }
    if !parsed.has(&HELP) && !parsed.has(&VERSION) {
        check_presence(specs, &parsed)?;
    }
    Ok(parsed)
}

fn check_presence(specs: &[OptionSpec], parsed: &Arguments) -> Result<(), ParseError> {
    let names = |is_wrong: &dyn Fn(&OptionSpec) -> bool| -> Vec<&'static str> {
        specs.iter().filter(|spec| is_wrong(spec)).map(|spec| spec.name).collect()
    };
    let missing = names(&|spec| spec.is_required && !parsed.has(spec));
    if !missing.is_empty() {
        return Err(ParseError::OptionsMissing(missing));
    }
    let unavailable = names(&|spec| {
        parsed.has(spec)
            && !spec.available_if.is_empty()
            && !spec.available_if.iter().any(|name| parsed.has_named(name))
    });
    if unavailable.is_empty() { Ok(()) } else { Err(ParseError::Unavailable(unavailable)) }
}

/// Takes the next argument if it can be a value: a negative number can, although it looks like an option.
fn next_if_value(kind: Kind, rest: &mut std::slice::Iter<'_, String>) -> Option<String> {
    let next = rest.as_slice().first()?;
    let can_be = kind.accepts(next) && (kind != Kind::Text || !looks_like_option(next));
    can_be.then(|| rest.next().cloned()).flatten()
}

fn looks_like_option(argument: &str) -> bool {
    argument.starts_with('-') && argument != "-" && argument != "--"
}

fn recognize<'a>(
    specs: &'a [OptionSpec],
    argument: &str,
) -> Result<(&'a OptionSpec, Option<String>), ParseError> {
    let is_long = argument.starts_with("--");
    let token = &argument[if is_long { 2 } else { 1 }..];
    let (name, value) = match token.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (token, None),
    };
    let found = specs.iter().chain(&[HELP, VERSION]).find(|spec| spec.name == name);
    match found {
        Some(spec) => Ok((spec, value)),
        None if is_long => Err(ParseError::Unrecognized(name.to_owned())),
        // After one dash come options of one letter each, of which there are none.
        None => Err(ParseError::Unrecognized(token.chars().take(1).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAG: OptionSpec = OptionSpec::flag("flag", "");
    const FILES: OptionSpec = OptionSpec::value("files", "file", "");
    const SIZE: OptionSpec = OptionSpec::value("size", "bytes", "").with_default("7").integer();
    const CLASS: OptionSpec = OptionSpec::optional_value("class", "class", "").with_default("Default");
    const WAIT: OptionSpec = OptionSpec::optional_value("wait", "ms", "").with_default("10").long();
    const LIST: OptionSpec = OptionSpec::value("list", "names", "").separated_by(',');
    const DETAIL: OptionSpec = OptionSpec::flag("detail", "").available_if(&["flag", "list"]);

    fn parse(line: &str) -> Result<Arguments, ParseError> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        super::parse(&[FLAG, FILES, SIZE, CLASS, WAIT, LIST, DETAIL], &arguments)
    }

    fn value(line: &str, spec: &OptionSpec) -> Option<String> {
        let arguments = parse(line).expect("parses");
        arguments.value(spec).expect("one value").map(str::to_owned)
    }

    #[test]
    fn values() {
        for line in ["--files a,b", "--files=a,b", "-files a,b", "-files=a,b", "x --files a,b y"] {
            assert_eq!(value(line, &FILES).as_deref(), Some("a,b"), "{line}");
        }
        assert_eq!(value("--files=", &FILES).as_deref(), Some(""));
        assert_eq!(value("--files --flag", &FILES).as_deref(), Some("--flag"));
        assert_eq!(value("-- --files a", &FILES), None);
        assert_eq!(value("--class", &CLASS).as_deref(), Some("Default"));
        assert_eq!(value("--class --flag", &CLASS).as_deref(), Some("Default"));
        assert_eq!(value("--class Own --flag", &CLASS).as_deref(), Some("Own"));
        assert_eq!(value("--flag", &SIZE).as_deref(), Some("7"));
        assert_eq!(value("--wait -1 --flag", &WAIT).as_deref(), Some("-1"));
        assert_eq!(value("--wait --flag", &WAIT).as_deref(), Some("10"));
        assert_eq!(value("--wait soon", &WAIT).as_deref(), Some("10"));
    }

    #[test]
    fn lists() {
        let values = |line, spec: &OptionSpec| -> Vec<String> {
            parse(line).expect("parses").values(spec).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(values("--list a,b --list c,,", &LIST), ["a", "b", "c"]);
        assert_eq!(values("--files a,b --files c", &FILES), ["a,b", "c"]);
        assert_eq!(values("", &FILES), [""; 0]);
        assert_eq!(values("", &SIZE), ["7"]);
        assert_eq!(parse("a --flag b -- --c").expect("parses").words(), ["a", "b", "--c"]);
    }

    #[test]
    fn flags() {
        assert!(parse("--flag").expect("parses").has(&FLAG));
        assert!(parse("--flag=no").expect("parses").has(&FLAG));
        assert!(parse("--help").expect("parses").has(&HELP));
        assert!(!parse("flag").expect("parses").has(&FLAG));
        assert!(parse("").expect("parses").is_empty());
        assert!(parse("--detail --list a").expect("parses").has(&DETAIL));
    }

    #[test]
    fn errors_are_kafkas() {
        let error = |line| parse(line).expect_err("does not parse").to_string();
        assert_eq!(error("--foo"), "foo is not a recognized option");
        assert_eq!(error("--fla"), "fla is not a recognized option");
        assert_eq!(error("--foo=1"), "foo is not a recognized option");
        assert_eq!(error("-xyz"), "x is not a recognized option");
        assert_eq!(error("--files"), "Option files requires an argument");
        assert_eq!(
            error("--detail"),
            "Option(s) [detail] are unavailable given other options on the command line"
        );
        let twice = parse("--files a --files b").expect("parses");
        assert_eq!(
            twice.value(&FILES).expect_err("two").to_string(),
            "Found multiple arguments for option files, but you asked for only one"
        );
        let word = parse("--size big").expect("parses");
        assert_eq!(
            word.integer(&SIZE).expect_err("a word").to_string(),
            "Cannot parse argument 'big' of option size"
        );
    }

    #[test]
    fn required_options() {
        let specs = [FLAG, FILES.required()];
        let missing = super::parse(&specs, &["--flag".to_owned()]).expect_err("one is missing");
        assert_eq!(missing.to_string(), "Missing required option(s) [files]");
        assert!(super::parse(&specs, &["--help".to_owned()]).is_ok());
    }
}
