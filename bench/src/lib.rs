//! Measures Callout beside bare servers that do the same job with nothing around it.

pub mod answer;
pub mod bare;
pub mod callout;
pub mod command;
pub mod facts;
pub mod field;
pub mod load;
pub mod machine;
pub mod measure;
pub mod process;
pub mod report;
pub mod rest;
pub mod scenario;
pub mod serve;
pub mod soak;
pub mod standing;
pub mod stats;
pub mod upstream;
