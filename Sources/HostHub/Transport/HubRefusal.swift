import Foundation
import HostHTTP

/// An answer that is not what was asked for, in words that say what to do.
struct HubRefusal {
    let head: HubHead
    let subject: String
    let access: HubAccess

    /// The hub's own word for what is wrong, such as `GatedRepo`.
    private var code: String { head.headers["X-Error-Code"] ?? "" }

    var setback: Setback {
        switch head.status {
        case 401, 403: .lasting(denied)
        case 404, 410: .lasting(missing)
        case 408, 425: .passing(failed("is slow"), seconds: nil)
        case 429:
            .passing(
                HubError(
                    .unreachable, subject, "\(access.endpoint.host) has had too many requests from here (HTTP 429)",
                    advice: access.hasToken ? "Try again later." : "Try again later; with HF_TOKEN the hub allows more."),
                seconds: pause)
        case 500...: .passing(failed("fails"), seconds: pause)
        default: .lasting(failed("refuses"))
        }
    }

    /// How long the hub wants to be left alone: seconds, or until a moment by its own clock.
    ///
    /// - Source: RFC 9110, section 10.2.3.
    private var pause: Int? {
        guard let text = head.headers["Retry-After"] else { return nil }
        if let seconds = Int(text) { return max(0, seconds) }
        guard let moment = HTTPDate.secondsSince1970(text) else { return nil }
        let now = head.headers["Date"].flatMap(HTTPDate.secondsSince1970) ?? Int(Date.now.timeIntervalSince1970)
        return max(0, moment - now)
    }

    private var denied: HubError {
        let status = "(HTTP \(head.status))"
        if code == "GatedRepo" {
            return HubError(
                .denied, subject, "is open only to those who have accepted its terms \(status)",
                advice: "Accept them on the repository's page, and set HF_TOKEN to a token of that account.")
        }
        // The hub answers so for a repository that does not exist, too, so that nothing shows which private ones do.
        return HubError(
            .denied, subject,
            access.hasToken
                ? "does not exist, or is not open to this HF_TOKEN \(status)" : "does not exist, or is private \(status)",
            advice: access.hasToken
                ? "Check the spelling, and whether the token may read it."
                : "Check the spelling; for a private one set HF_TOKEN.")
    }

    private var missing: HubError {
        let problem =
            switch code {
            case "RevisionNotFound": "has no such revision (HTTP \(head.status))"
            case "EntryNotFound": "is in the hub's list, but not on the hub (HTTP \(head.status))"
            default: "is not on \(access.endpoint.host) (HTTP \(head.status))"
            }
        return HubError(.notFound, subject, problem, advice: "Check the spelling.")
    }

    private func failed(_ verb: String) -> HubError {
        let words = head.headers["X-Error-Message"].map { ": \($0.shown)" } ?? ""
        return HubError(
            .unreachable, subject, "\(access.endpoint.host) \(verb) (HTTP \(head.status))\(words)", advice: "Try again later.")
    }
}
