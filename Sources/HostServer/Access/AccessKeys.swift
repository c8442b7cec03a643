import HostCore
import HostHTTP

/// Which key a route asks for.
package enum KeyClass: String, Sendable {
    /// Open to everybody: health and the page's own files.
    case none
    /// The API key, if one is set.
    case api
    /// The admin key, or the API key where no admin key is set.
    case admin
}

/// The host's keys, kept as digests.
struct AccessKeys: Sendable {
    private let api: [UInt8]?
    private let admin: [UInt8]?

    init(apiKey: String?, adminKey: String?) {
        api = apiKey.map { SHA256.digest(of: $0.utf8) }
        admin = (adminKey ?? apiKey).map { SHA256.digest(of: $0.utf8) }
    }

    /// Whether a request may enter a route; the admin key opens everything.
    func check(_ headers: HTTPHeaders, for keyClass: KeyClass) throws(APIError) {
        switch keyClass {
        case .none: return
        case .api:
            guard let api else { return }
            let digest = presentedDigest(headers)
            // Both comparisons are always made, so that time tells nothing.
            let isUser = matches(digest, api)
            let isAdmin = matches(digest, admin)
            if !(isUser || isAdmin) { throw APIError.unauthorized }
        case .admin:
            guard admin != nil else { return }
            if isAdmin(headers) { return }
            if let api, matches(presentedDigest(headers), api) { throw APIError.forbidden }
            throw APIError.unauthorized
        }
    }

    /// Whether a request carries the admin key, or none is needed.
    func isAdmin(_ headers: HTTPHeaders) -> Bool {
        guard admin != nil else { return true }
        return matches(presentedDigest(headers), admin)
    }

    private func presentedDigest(_ headers: HTTPHeaders) -> [UInt8]? {
        if let field = headers["Authorization"] {
            let parts = field.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return digest(of: parts[1])
        }
        return headers["X-Api-Key"].flatMap { digest(of: $0[...]) }
    }

    /// Nothing for a text that is too long to be a key, so that nobody makes the host hash for long.
    private func digest(of key: Substring) -> [UInt8]? {
        key.utf8.count <= 4096 ? SHA256.digest(of: key.utf8) : nil
    }

    private func matches(_ presented: [UInt8]?, _ expected: [UInt8]?) -> Bool {
        guard let presented, let expected else { return false }
        return zip(presented, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
