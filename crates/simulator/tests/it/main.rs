//! The judge is judged: requests that are wrong in one way are found out.
