import HostCore

/// Where something stands in a template, both from 1; columns count characters.
package struct TemplatePosition: Hashable, Sendable {
    package var line: Int
    package var column: Int
}

/// Why a chat template cannot be read, or gives no text.
package struct TemplateError: HostError, Equatable {
    package enum Kind: Sendable {
        /// The template is not valid Jinja.
        case syntax
        /// The template uses a part of Jinja, or of Python, that is not offered.
        case unsupported
        /// A value is missing, or not of the kind that an operation needs.
        case value
        /// A limit of steps, depth, memory or output was reached.
        case limit
        /// The template itself refused the conversation; `problem` is its message.
        case raised
    }

    package let kind: Kind
    package let position: TemplatePosition
    package let problem: String

    init(_ kind: Kind, _ problem: String, at position: TemplatePosition) {
        self.kind = kind
        self.problem = problem
        self.position = position
    }

    package var subject: String { "chat template, line \(position.line), column \(position.column)" }

    package var advice: String? {
        switch kind {
        case .syntax, .unsupported: "Correct the template, or leave it out to use the model family's own prompt format"
        case .value, .limit, .raised: nil
        }
    }
}
