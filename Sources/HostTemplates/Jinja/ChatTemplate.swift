package import Foundation
package import HostCore

/// A chat template as models bring it in `tokenizer_config.json`: a subset of Jinja, read as data and run under limits.
///
/// What is offered is what such templates use: `for`, `if`, `set`, `macro`, `call`, `block`, `with`, `filter` and `raw`
/// blocks, expressions with filters, tests, slices and string methods, `namespace()`, `range()`, `cycler()`, `joiner()`,
/// `raise_exception()` and `strftime_now()`; nothing that another file or chance would decide.
/// Nothing reaches outside the values in the context. White space follows Hugging Face's settings (`trim_blocks` and
/// `lstrip_blocks`).
///
/// - Source: the Jinja documentation, "Template Designer"; huggingface/transformers `utils/chat_template_utils.py`.
package struct ChatTemplate: Sendable {
    /// Characters; the longest published templates have about 30,000.
    package static let maximumLength = 262_144

    private let statements: [TemplateStatement]

    /// - Throws: `TemplateError` with line and column for a template that is not valid Jinja, or uses more than the subset.
    package init(source: String) throws(TemplateError) {
        guard source.utf8.count <= ChatTemplate.maximumLength else {
            throw TemplateError(
                .limit, "\(source.utf8.count) bytes; at most \(ChatTemplate.maximumLength) are read",
                at: TemplatePosition(line: 1, column: 1))
        }
        statements = try TemplateParser.statements(of: source)
    }

    /// The text for these variables, such as `messages` and `add_generation_prompt`.
    ///
    /// - Parameters:
    ///   - now: what `strftime_now` shows.
    ///   - maximumSteps: how much work is done at most. One step is an expression, a statement, or 256 bytes of text;
    ///     the default is enough for some ten thousand messages.
    /// - Throws: `TemplateError`; of kind `raised` when the template itself refuses, with the template's message.
    package func render(
        context: [String: JSONValue], now: Date = Date(), maximumSteps: Int = 4_000_000
    ) throws(TemplateError) -> String {
        var interpreter = TemplateInterpreter(
            variables: context.mapValues(TemplateValue.init), now: now, maximumSteps: maximumSteps)
        return try interpreter.render(statements)
    }
}
