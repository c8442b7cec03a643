import Foundation
import HostCore
import HostHTTP

/// Which key a route asks for.
package enum KeyClass: String, Sendable {
    /// Open to everybody: health.
    case none
    /// The page's own files: open, unless there are logins.
    case page
    /// The API key, if one is set.
    case api
    /// The admin key, or the API key where no admin key is set.
    case admin
}

/// The host's keys and logins, kept as digests.
struct AccessKeys: Sendable {
    private let api: [UInt8]?
    private let admin: [UInt8]?
    private let logins: [[UInt8]]
    /// Whether a login opens what the admin key opens.
    private let loginIsAdmin: Bool

    /// - Parameter logins: `USER:PASSWORD` each.
    init(apiKey: String?, adminKey: String?, logins: [String] = []) {
        api = apiKey.map { SHA256.digest(of: $0.utf8) }
        admin = (adminKey ?? apiKey).map { SHA256.digest(of: $0.utf8) }
        self.logins = logins.map { SHA256.digest(of: $0.utf8) }
        loginIsAdmin = adminKey == nil
    }

    /// Whether a request may enter a route; the admin key opens everything.
    func check(_ headers: HTTPHeaders, for keyClass: KeyClass) throws(APIError) {
        switch keyClass {
        case .none: return
        case .page: if logins.isEmpty || isUser(headers) { return }
        case .api: if api == nil && logins.isEmpty || isUser(headers) { return }
        case .admin:
            if isAdmin(headers) { return }
            if isUser(headers) { throw APIError.forbidden }
        }
        throw logins.isEmpty ? APIError.unauthorized : APIError.loginNeeded
    }

    /// Whether a request carries the admin key, or none is needed.
    func isAdmin(_ headers: HTTPHeaders) -> Bool {
        if admin == nil && logins.isEmpty { return true }
        let (key, login) = presentedDigests(headers)
        // All comparisons are always made, so that time reveals nothing.
        let isKey = matches(key, admin), isLogin = isLogin(login)
        return isKey || (isLogin && loginIsAdmin)
    }

    private func isUser(_ headers: HTTPHeaders) -> Bool {
        let (key, login) = presentedDigests(headers)
        let isUser = matches(key, api), isAdmin = matches(key, admin), isLogin = isLogin(login)
        return isUser || isAdmin || isLogin
    }

    private func isLogin(_ presented: [UInt8]?) -> Bool {
        logins.reduce(false) { matches(presented, $1) || $0 }
    }

    private func presentedDigests(_ headers: HTTPHeaders) -> (key: [UInt8]?, login: [UInt8]?) {
        guard let field = headers["Authorization"] else { return (headers["X-Api-Key"].flatMap { digest(of: $0.utf8) }, nil) }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return (nil, nil) }
        switch parts[0].lowercased() {
        case "bearer": return (digest(of: parts[1].utf8), nil)
        case "basic": return (headers["X-Api-Key"].flatMap { digest(of: $0.utf8) }, Data(base64Encoded: String(parts[1])).flatMap { digest(of: $0) })
        default: return (nil, nil)
        }
    }

    /// Nothing for a text that is too long to be a key, so that no client makes the host hash for long.
    private func digest(of key: some Collection<UInt8>) -> [UInt8]? {
        key.count <= 4096 ? SHA256.digest(of: key) : nil
    }

    private func matches(_ presented: [UInt8]?, _ expected: [UInt8]?) -> Bool {
        guard let presented, let expected else { return false }
        return zip(presented, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
