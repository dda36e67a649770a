//! Options as Kafka's tools parse them, which is as jopt-simple does.
//!
//! `--name value` and `--name=value` are alike; one dash does for two; names are not abbreviated; the argument of an
//! option that must have one is whatever comes next, be it an option; an option without argument ignores one given by
//! `=`; `--` ends the options. A value is converted when it is asked for, so that a bad one does no harm where it is not
//! needed.

use thiserror::Error;

/// An option of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSpec {
    /// Name without dashes.
    pub(crate) name: &'static str,
    /// Whether something follows it.
    pub(crate) argument: Argument,
    /// For the help.
    pub(crate) description: &'static str,
}

/// What follows an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// A value, described by a word for the help; the default stands for it where the option is not given.
    Required { label: &'static str, default: Option<&'static str> },
    /// Perhaps a value; the default stands for it where it is left out or the option is not given.
    Optional { label: &'static str, default: Option<&'static str> },
}

impl Argument {
    pub(crate) const fn default(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Required { default, .. } | Self::Optional { default, .. } => *default,
        }
    }
}

pub(crate) const HELP: OptionSpec =
    OptionSpec { name: "help", argument: Argument::None, description: "Print usage information." };
pub(crate) const VERSION: OptionSpec =
    OptionSpec { name: "version", argument: Argument::None, description: "Print the version." };

/// A command line that cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ParseError {
    #[error("{0} is not a recognized option")]
    Unrecognized(String),
    #[error("Option {0} requires an argument")]
    ArgumentMissing(&'static str),
}

/// An option whose value cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    #[error("Found multiple arguments for option {0}, but you asked for only one")]
    Multiple(&'static str),
    #[error("Cannot parse argument '{value}' of option {name}")]
    Malformed { name: &'static str, value: String },
}

/// A parsed command line.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    given: Vec<Given>,
    is_empty: bool,
}

#[derive(Debug)]
struct Given {
    name: &'static str,
    value: Option<String>,
}

impl Arguments {
    /// Parses `arguments`. What is no option is left out: no tool of this kind takes any.
    pub(crate) fn parse(specs: &[OptionSpec], arguments: &[String]) -> Result<Self, ParseError> {
        let mut parsed = Self { given: Vec::new(), is_empty: arguments.is_empty() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                break;
            }
            if !looks_like_option(argument) {
                continue;
            }
            let (spec, value) = recognize(specs, argument)?;
            let value = match spec.argument {
                Argument::None => None,
                _ if value.is_some() => value,
                Argument::Required { .. } => {
                    Some(rest.next().ok_or(ParseError::ArgumentMissing(spec.name))?.clone())
                }
                Argument::Optional { .. } => rest.next_if_value(),
            };
            parsed.given.push(Given { name: spec.name, value });
        }
        Ok(parsed)
    }

    /// Whether nothing at all was given.
    pub(crate) const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether the option was given.
    pub(crate) fn has(&self, spec: &OptionSpec) -> bool {
        self.given.iter().any(|given| given.name == spec.name)
    }

    /// The option's value: the one given, else the default.
    pub(crate) fn value(&self, spec: &OptionSpec) -> Result<Option<&str>, ValueError> {
        let mut values = self
            .given
            .iter()
            .filter(|given| given.name == spec.name)
            .filter_map(|given| given.value.as_deref());
        let value = values.next();
        if values.next().is_some() {
            return Err(ValueError::Multiple(spec.name));
        }
        Ok(value.or_else(|| spec.argument.default()))
    }

    /// The option's value as a number of 32 bits.
    pub(crate) fn integer(&self, spec: &OptionSpec) -> Result<Option<i32>, ValueError> {
        let Some(value) = self.value(spec)? else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ValueError::Malformed { name: spec.name, value: value.to_owned() }),
        }
    }
}

/// Takes the next argument unless it looks like an option.
trait NextIfValue {
    fn next_if_value(&mut self) -> Option<String>;
}

impl NextIfValue for std::slice::Iter<'_, String> {
    fn next_if_value(&mut self) -> Option<String> {
        let next = self.as_slice().first().filter(|next| !looks_like_option(next))?;
        self.next();
        Some(next.clone())
    }
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

    const FLAG: OptionSpec = OptionSpec { name: "flag", argument: Argument::None, description: "" };
    const FILES: OptionSpec = OptionSpec {
        name: "files",
        argument: Argument::Required { label: "file", default: None },
        description: "",
    };
    const SIZE: OptionSpec = OptionSpec {
        name: "size",
        argument: Argument::Required { label: "bytes", default: Some("7") },
        description: "",
    };
    const CLASS: OptionSpec = OptionSpec {
        name: "class",
        argument: Argument::Optional { label: "class", default: Some("Default") },
        description: "",
    };

    fn parse(line: &str) -> Result<Arguments, ParseError> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&[FLAG, FILES, SIZE, CLASS], &arguments)
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
    }

    #[test]
    fn flags() {
        assert!(parse("--flag").expect("parses").has(&FLAG));
        assert!(parse("--flag=no").expect("parses").has(&FLAG));
        assert!(parse("--help").expect("parses").has(&HELP));
        assert!(!parse("flag").expect("parses").has(&FLAG));
        assert!(parse("").expect("parses").is_empty());
    }

    #[test]
    fn errors_are_kafkas() {
        let error = |line| parse(line).expect_err("does not parse").to_string();
        assert_eq!(error("--foo"), "foo is not a recognized option");
        assert_eq!(error("--fla"), "fla is not a recognized option");
        assert_eq!(error("--foo=1"), "foo is not a recognized option");
        assert_eq!(error("-xyz"), "x is not a recognized option");
        assert_eq!(error("--files"), "Option files requires an argument");
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
}
