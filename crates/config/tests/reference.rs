//! The reference page says what the code does; `cargo xtask docs` writes it.

use expect_test::expect_file;

#[test]
fn the_page_is_that_of_the_code() {
    expect_file!["../../../docs/configs.md"].assert_eq(&ottla_config::reference_page());
}
