//! The attributes of messages and fields.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, GenericArgument, LitInt, LitStr, PathArguments, Result, Token, Type};

/// A range of versions, as in Kafka's schemas: `4+`, `0-7`, `3` or `none`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Versions {
    pub(crate) first: i16,
    pub(crate) last: i16,
}

impl Versions {
    pub(crate) const ALL: Self = Self { first: 0, last: i16::MAX };
    pub(crate) const NONE: Self = Self { first: 0, last: -1 };

    fn parse(text: &LitStr) -> Result<Self> {
        let value = text.value();
        let number = |part: &str| {
            part.parse::<i16>().map_err(|_| Error::new(text.span(), "expected `4+`, `0-7`, `3` or `none`"))
        };
        if value == "none" {
            return Ok(Self::NONE);
        }
        if let Some(first) = value.strip_suffix('+') {
            return Ok(Self { first: number(first)?, last: i16::MAX });
        }
        let (first, last) = value.split_once('-').unwrap_or((&value, &value));
        let versions = Self { first: number(first)?, last: number(last)? };
        if versions.is_none() {
            return Err(Error::new(text.span(), "the range ends before it begins"));
        }
        Ok(versions)
    }

    pub(crate) fn is_none(self) -> bool {
        self.first > self.last
    }

    /// An expression that is true where `version` lies in the range; `None` if it always does.
    pub(crate) fn condition(self) -> Option<TokenStream> {
        let Self { first, last } = self;
        match self {
            Self::ALL => None,
            _ if self.is_none() => Some(quote!(false)),
            Self { first: 0, .. } => Some(quote!(layout.version <= #last)),
            Self { last: i16::MAX, .. } => Some(quote!(layout.version >= #first)),
            _ => Some(quote!((#first..=#last).contains(&layout.version))),
        }
    }
}

impl ToTokens for Versions {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { first, last } = self;
        tokens.extend(quote!(::ottla_wire::Versions::new(#first, #last)));
    }
}

/// The attributes of a message.
pub(crate) struct MessageAttributes {
    pub(crate) kind: TokenStream,
    pub(crate) valid: Versions,
    pub(crate) flexible: Versions,
}

impl MessageAttributes {
    pub(crate) fn parse(name: &Ident, attributes: &[Attribute]) -> Result<Self> {
        let (mut kind, mut valid, mut flexible) = (None, None, None);
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("message")) {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.require_ident()?.to_string();
                match key.as_str() {
                    "valid" => valid = Some(versions(&meta)?),
                    "flexible" => flexible = Some(versions(&meta)?),
                    "request" => kind = Some(keyed("Request", &meta)?),
                    "response" => kind = Some(keyed("Response", &meta)?),
                    "metadata" => kind = Some(keyed("Metadata", &meta)?),
                    "coordinator_key" => kind = Some(keyed("CoordinatorKey", &meta)?),
                    "coordinator_value" => kind = Some(keyed("CoordinatorValue", &meta)?),
                    "header" => kind = Some(quote!(Header)),
                    "data" => kind = Some(quote!(Data)),
                    _ => return Err(meta.error("unknown attribute of a message")),
                }
                Ok(())
            })?;
        }
        match (kind, valid, flexible) {
            (Some(kind), Some(valid), Some(flexible)) => Ok(Self { kind, valid, flexible }),
            _ => Err(Error::new(name.span(), "expected #[message(<kind>, valid = \"…\", flexible = \"…\")]")),
        }
    }
}

fn versions(meta: &ParseNestedMeta<'_>) -> Result<Versions> {
    Versions::parse(&meta.value()?.parse()?)
}

fn keyed(kind: &str, meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    let kind = Ident::new(kind, proc_macro2::Span::call_site());
    let key: LitInt = meta.value()?.parse()?;
    Ok(quote!(#kind(#key)))
}

/// What a field is when it is not set.
pub(crate) enum DefaultValue {
    Zero,
    Null,
    True,
    Int(TokenStream),
}

/// What a field holds, as far as the code for it differs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// A type that handles its own null, if any.
    Plain,
    /// An `Option` of a string, bytes or array.
    Nullable,
    /// An `Option` of a struct.
    NullableStruct,
}

/// A field and its attributes.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) name: String,
    pub(crate) versions: Versions,
    pub(crate) nullable: Versions,
    pub(crate) tagged: Versions,
    pub(crate) tag: Option<u32>,
    pub(crate) default: DefaultValue,
    pub(crate) ignorable: bool,
    pub(crate) key: bool,
    pub(crate) records: bool,
    pub(crate) never_flexible: bool,
}

impl Field {
    pub(crate) fn parse(field: &syn::Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new_spanned(field, "fields need names"))?;
        let mut parsed = Self {
            name: camel_case(&ident.unraw().to_string()),
            ident,
            shape: shape(&field.ty),
            ty: field.ty.clone(),
            versions: Versions::ALL,
            nullable: Versions::NONE,
            tagged: Versions::NONE,
            tag: None,
            default: DefaultValue::Zero,
            ignorable: false,
            key: false,
            records: false,
            never_flexible: false,
        };
        let mut tagged = None;
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| parsed.attribute(&meta, &mut tagged))?;
        }
        if parsed.tag.is_some() {
            parsed.tagged = tagged.unwrap_or(parsed.versions);
        }
        if parsed.nullable.is_none() != (parsed.shape == Shape::Plain) {
            return Err(Error::new_spanned(field, "`nullable` and `Option` go together"));
        }
        Ok(parsed)
    }

    fn attribute(&mut self, meta: &ParseNestedMeta<'_>, tagged: &mut Option<Versions>) -> Result<()> {
        match meta.path.require_ident()?.to_string().as_str() {
            "versions" => self.versions = versions(meta)?,
            "nullable" => self.nullable = versions(meta)?,
            "tagged" => *tagged = Some(versions(meta)?),
            "tag" => self.tag = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?),
            "default" => self.default = default_value(meta)?,
            "ignorable" => self.ignorable = true,
            "key" => self.key = true,
            "records" => self.records = true,
            "flexible" => {
                let flexible: LitStr = meta.value()?.parse()?;
                if !Versions::parse(&flexible)?.is_none() {
                    return Err(Error::new(flexible.span(), "only `none` is known here"));
                }
                self.never_flexible = true;
            }
            "name" => self.name = meta.value()?.parse::<LitStr>()?.value(),
            _ => return Err(meta.error("unknown attribute of a field")),
        }
        Ok(())
    }

    /// Versions in which the field is written in its place.
    pub(crate) fn is_always_tagged(&self) -> bool {
        self.tag.is_some() && self.tagged == self.versions
    }
}

fn default_value(meta: &ParseNestedMeta<'_>) -> Result<DefaultValue> {
    let value = meta.value()?;
    if value.peek(syn::Ident) || value.peek(syn::LitBool) {
        let word = Ident::parse_any(value)?;
        return match word.to_string().as_str() {
            "null" => Ok(DefaultValue::Null),
            "true" => Ok(DefaultValue::True),
            _ => Err(Error::new(word.span(), "expected a number, `true` or `null`")),
        };
    }
    let minus: Option<Token![-]> = value.parse()?;
    let number: LitInt = value.parse()?;
    Ok(DefaultValue::Int(quote!(#minus #number)))
}

fn shape(ty: &Type) -> Shape {
    let Some(inner) = option_of(ty) else { return Shape::Plain };
    let known = ["KafkaString", "Bytes", "Vec"];
    match last_segment(inner) {
        Some(name) if known.contains(&name.as_str()) => Shape::Nullable,
        _ => Shape::NullableStruct,
    }
}

/// The type within an `Option`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

fn camel_case(snake: &str) -> String {
    let mut camel = String::new();
    for (index, word) in snake.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => camel.extend(first.to_uppercase()),
            Some(first) => camel.push(first),
            None => {}
        }
        camel.push_str(letters.as_str());
    }
    camel
}
