/// What every error of the host can say: the thing, what is wrong with it, and the next step.
///
/// `description` is the one line that a person sees on the terminal and in an HTTP error message.
public protocol HostError: Error, CustomStringConvertible, Sendable {
    /// The thing that is wrong: a file, tensor, field or flag, named as the user knows it.
    var subject: String { get }
    /// What was expected and what was found.
    var problem: String { get }
    /// What the user can do next, or nil when nothing helps.
    var advice: String? { get }
}

extension HostError {
    public var description: String {
        let line = subject.isEmpty ? problem : "\(subject): \(problem)"
        guard let advice else { return line }
        return line.hasSuffix(".") ? "\(line) \(advice)" : "\(line). \(advice)"
    }
}
