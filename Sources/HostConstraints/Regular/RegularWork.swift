/// How much work one constraint's expressions may still take, so that many of them cannot take for ever, either.
///
/// Shared by all that compile one constraint, one after the other.
final class RegularWork {
    private var left = ConstraintLimits.regularWork
    private var searches: [String: RegularLanguage] = [:]

    func spend(_ amount: Int) throws(ConstraintProblem) {
        left -= amount
        guard left >= 0 else {
            throw ConstraintProblem(
                "its expressions take too much work to read", advice: "Use fewer of them, or smaller repetition counts.")
        }
    }

    /// The texts in which a pattern matches somewhere; each pattern is compiled once.
    func search(_ pattern: String) throws(ConstraintProblem) -> RegularLanguage {
        if let known = searches[pattern] { return known }
        let language = try RegularLanguage.all(of: [RegexParser.parse(pattern).search], with: self)
        searches[pattern] = language
        return language
    }
}
