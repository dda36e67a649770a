//! The bodies of `read` and `write`: one call per field, in the order of the fields.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attributes::{DefaultValue, Field, Shape, Versions};
use crate::expand::{Item, default_value};

/// `Value::read`.
pub(crate) fn read(item: &Item) -> TokenStream {
    let fields = item.fields.iter().map(|field| {
        let (ident, value) = (&field.ident, read_field(field));
        quote!(#ident: #value)
    });
    let tagged = item.tagged();
    let body = match (item.keeps_tags, tagged.is_empty()) {
        (false, _) => quote!(::core::result::Result::Ok(Self { #(#fields),* })),
        (true, true) => quote! {
            ::core::result::Result::Ok(Self {
                #(#fields,)*
                unknown_tagged_fields: ::ottla_wire::codec::UnknownTaggedFields::read(reader, layout)?,
            })
        },
        (true, false) => {
            let arms = tagged.iter().map(|field| read_tag(field));
            quote! {
                let mut this = Self {
                    #(#fields,)*
                    unknown_tagged_fields: ::core::default::Default::default(),
                };
                let mut tags = ::ottla_wire::codec::Tags::begin(reader, layout)?;
                while let ::core::option::Option::Some(tag) = tags.next(reader)? {
                    match tag {
                        #(#arms)*
                        _ => tags.unknown(reader, &mut this.unknown_tagged_fields)?,
                    }
                }
                ::core::result::Result::Ok(this)
            }
        }
    };
    quote! {
        #[allow(unused_variables, reason = "a struct may have no fields")]
        fn read(
            reader: &mut ::ottla_wire::codec::Reader,
            layout: ::ottla_wire::codec::Layout,
        ) -> ::core::result::Result<Self, ::ottla_wire::Fault> {
            #body
        }
    }
}

fn read_field(field: &Field) -> TokenStream {
    let default = default_value(field);
    if field.is_always_tagged() {
        return default;
    }
    let layout = layout(field);
    let value = match field.shape {
        Shape::Plain => quote!(::ottla_wire::codec::Value::read(reader, #layout)?),
        Shape::Nullable => {
            let nullable = nullable(field);
            quote!(::ottla_wire::codec::read_nullable(reader, #layout, #nullable)?)
        }
        Shape::NullableStruct => {
            let nullable = nullable(field);
            quote!(::ottla_wire::codec::read_struct(reader, #layout, #nullable)?)
        }
    };
    match plain_condition(field) {
        None => value,
        Some(condition) => quote!(if #condition { #value } else { #default }),
    }
}

fn read_tag(field: &Field) -> TokenStream {
    let Field { ident, tag, tagged, .. } = field;
    let known = tagged.condition().unwrap_or_else(|| quote!(true));
    match field.shape {
        Shape::NullableStruct => quote!(#tag => this.#ident = tags.nullable_struct(reader, #known)?,),
        _ => quote!(#tag => this.#ident = tags.value(reader, #known)?,),
    }
}

/// `Value::write`.
pub(crate) fn write(item: &Item) -> TokenStream {
    let fields = item.fields.iter().map(write_field);
    let tagged = item.tagged();
    let tags = match (item.keeps_tags, tagged.is_empty()) {
        (false, _) => quote!(),
        (true, true) => quote!(self.unknown_tagged_fields.write(sink, layout);),
        (true, false) => write_tags(&tagged),
    };
    quote! {
        #[allow(unused_variables, reason = "a struct may have no fields")]
        fn write<S: ::ottla_wire::codec::Sink>(&self, sink: &mut S, layout: ::ottla_wire::codec::Layout) {
            #(#fields)*
            #tags
        }
    }
}

fn write_field(field: &Field) -> TokenStream {
    let Field { ident, name, .. } = field;
    let layout = layout(field);
    let value = match field.shape {
        Shape::Plain => quote!(::ottla_wire::codec::Value::write(&self.#ident, sink, #layout);),
        Shape::Nullable => {
            let nullable = nullable(field);
            quote!(::ottla_wire::codec::write_nullable(&self.#ident, sink, #layout, #nullable);)
        }
        Shape::NullableStruct => {
            let nullable = nullable(field);
            quote!(::ottla_wire::codec::write_struct(&self.#ident, sink, #layout, #nullable);)
        }
    };
    let missing = match (field.ignorable, field.versions.condition()) {
        (true, _) | (_, None) => None,
        (false, Some(condition)) => {
            let set = is_set(field);
            Some(quote! {
                if !(#condition) && #set {
                    sink.fail(::ottla_wire::Problem::Unsupported { field: #name });
                }
            })
        }
    };
    if field.is_always_tagged() {
        return quote!(#missing);
    }
    match (plain_condition(field), missing) {
        (None, _) => value,
        (Some(condition), None) => quote!(if #condition { #value }),
        (Some(condition), Some(missing)) => quote!(if #condition { #value } else { #missing }),
    }
}

fn write_tags(tagged: &[&Field]) -> TokenStream {
    let counts = tagged.iter().map(|field| {
        let written = is_written_tagged(field);
        quote!(u32::from(#written))
    });
    let mut first = 0_u32;
    let writes = tagged.iter().map(|field| {
        let Field { ident, tag, .. } = field;
        let written = is_written_tagged(field);
        let tag = tag.unwrap_or_default();
        let write = match field.shape {
            Shape::NullableStruct => quote!(write_tagged_struct),
            _ => quote!(write_tagged),
        };
        let tokens = quote! {
            self.unknown_tagged_fields.write_between(sink, #first, ::core::option::Option::Some(#tag));
            if #written {
                ::ottla_wire::codec::#write(&self.#ident, sink, layout, #tag);
            }
        };
        first = tag + 1;
        tokens
    });
    let writes: Vec<_> = writes.collect();
    quote! {
        let known = 0 #(+ #counts)*;
        if self.unknown_tagged_fields.begin(sink, layout, known) {
            #(#writes)*
            self.unknown_tagged_fields.write_between(sink, #first, ::core::option::Option::None);
        }
    }
}

fn is_written_tagged(field: &Field) -> TokenStream {
    let set = is_set(field);
    match field.tagged.condition() {
        None => quote!((#set)),
        Some(condition) => quote!((#condition && #set)),
    }
}

/// An expression that is true where the field differs from its default.
fn is_set(field: &Field) -> TokenStream {
    let ident = &field.ident;
    match (&field.default, field.shape) {
        (DefaultValue::Null, _) => quote!(self.#ident.is_some()),
        (DefaultValue::True, _) => quote!(!self.#ident),
        (DefaultValue::Int(value), _) => quote!(self.#ident != #value),
        (DefaultValue::Zero, Shape::NullableStruct) => {
            quote!(self.#ident.as_ref().is_none_or(|value| !::ottla_wire::codec::Value::is_zero(value)))
        }
        (DefaultValue::Zero, _) => quote!(!::ottla_wire::codec::Value::is_zero(&self.#ident)),
    }
}

/// Where the field is written in its place; `None` if everywhere.
fn plain_condition(field: &Field) -> Option<TokenStream> {
    if field.tag.is_none() {
        return field.versions.condition();
    }
    let (Versions { first, .. }, tagged) = (field.versions, field.tagged.first);
    Versions { first, last: tagged - 1 }.condition()
}

fn nullable(field: &Field) -> TokenStream {
    field.nullable.condition().unwrap_or_else(|| quote!(true))
}

fn layout(field: &Field) -> TokenStream {
    match field.never_flexible {
        true => quote!(layout.never_flexible()),
        false => quote!(layout),
    }
}
