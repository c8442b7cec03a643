// HostCore: the nouns and protocols of ModelHost, and what an extension imports.
//
// It depends on the standard library alone, does no input or output, and holds no state. Every other module speaks
// in these words; it is also the only module whose declarations are `public`.

/// The number of a token in a model's vocabulary.
public typealias TokenID = Int
