//! Foreign documents as integrations and calls.

mod call;
mod curl;
mod documents;
mod generate;
mod hostile;
mod mocks;
mod openapi;
mod shell;
