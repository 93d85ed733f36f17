package localdiscord

import (
	"net/http"
	"strings"
)

// endpoint handles one REST route: it returns the body of a 200, a created
// for a 201, or nil for a 204.
type endpoint func(r *http.Request) (any, error)

type created struct{ body any }

// access says which routes need the bot's token. Interaction routes carry
// their own in the path.
type access bool

const (
	botOnly access = true
	open    access = false
)

func (s *Server) restRoutes() http.Handler {
	mux := http.NewServeMux()
	add := func(route string, a access, e endpoint) { mux.Handle(route, s.rest(route, a, e)) }

	add("GET /gateway", open, s.getGateway)
	add("GET /gateway/bot", botOnly, s.getGatewayBot)
	add("GET /users/{user}", botOnly, s.getUser)
	add("POST /users/@me/channels", botOnly, s.createDM)
	add("GET /applications/@me", botOnly, s.getApplication)
	add("GET /oauth2/applications/@me", botOnly, s.getApplication)

	add("GET /guilds/{guild}", botOnly, s.getGuild)
	add("GET /guilds/{guild}/channels", botOnly, s.getGuildChannels)
	add("GET /guilds/{guild}/roles", botOnly, s.getGuildRoles)
	add("GET /guilds/{guild}/members", botOnly, s.getMembers)
	add("GET /guilds/{guild}/members/{user}", botOnly, s.getMember)
	add("GET /guilds/{guild}/threads/active", botOnly, s.getActiveThreads)

	for _, scope := range []string{"/applications/{application}", "/applications/{application}/guilds/{guild}"} {
		add("GET "+scope+"/commands", botOnly, s.getCommands)
		add("PUT "+scope+"/commands", botOnly, s.overwriteCommands)
		add("POST "+scope+"/commands", botOnly, s.createCommand)
		add("DELETE "+scope+"/commands/{command}", botOnly, s.deleteCommand)
	}

	add("GET /channels/{channel}", botOnly, s.getChannel)
	add("PATCH /channels/{channel}", botOnly, s.editChannel)
	add("DELETE /channels/{channel}", botOnly, s.deleteChannel)
	add("POST /channels/{channel}/typing", botOnly, s.typing)
	add("POST /channels/{channel}/threads", botOnly, s.createThread)
	add("PUT /channels/{channel}/thread-members/{user}", botOnly, s.typing)
	add("GET /channels/{channel}/messages", botOnly, s.listMessages)
	add("POST /channels/{channel}/messages", botOnly, s.createMessage)
	add("GET /channels/{channel}/messages/{message}", botOnly, s.getMessage)
	add("PATCH /channels/{channel}/messages/{message}", botOnly, s.editMessage)
	add("DELETE /channels/{channel}/messages/{message}", botOnly, s.deleteMessage)
	add("POST /channels/{channel}/messages/{message}/threads", botOnly, s.createThreadOnMessage)
	for _, pins := range []string{"/channels/{channel}/pins/{message}", "/channels/{channel}/messages/pins/{message}"} {
		add("PUT "+pins, botOnly, s.pin(true))
		add("DELETE "+pins, botOnly, s.pin(false))
	}

	add("POST /interactions/{id}/{token}/callback", open, s.answerInteraction)
	add("POST /webhooks/{application}/{token}", open, s.createFollowUp)
	add("GET /webhooks/{application}/{token}/messages/{message}", open, s.getFollowUp)
	add("PATCH /webhooks/{application}/{token}/messages/{message}", open, s.editFollowUp)
	add("DELETE /webhooks/{application}/{token}/messages/{message}", open, s.deleteFollowUp)

	add("/", open, func(*http.Request) (any, error) { return nil, errNotFound })
	return mux
}

// rest wraps an endpoint with what all share: faults, the token, the rate
// limit, and how answers are written.
func (s *Server) rest(route string, a access, e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.faults.fail(w) || s.suffer(w, r, func(r *http.Request) (any, error) {
			if a == botOnly && r.Header.Get("Authorization") != "Bot "+s.cfg.Token {
				return nil, errUnauthorized
			}
			return e(r)
		}) {
			return
		}
		wait := s.limits.take(w.Header(), route, majorParameter(r))
		if a == botOnly && r.Header.Get("Authorization") != "Bot "+s.cfg.Token {
			writeError(w, errUnauthorized)
			return
		}
		if wait > 0 {
			tooMany(w, wait, false)
			return
		}
		body, err := e(r)
		if s.faults.loses() {
			writeJSON(w, http.StatusBadGateway, &apiError{Message: "502: Bad Gateway"})
			return
		}
		if err != nil {
			refused := asAPIError(err)
			s.log.Debug("request refused", "route", route, "status", refused.status, "code", refused.Code, "error", err)
			writeError(w, refused)
			return
		}
		switch body := body.(type) {
		case nil:
			w.WriteHeader(http.StatusNoContent)
		case created:
			writeJSON(w, http.StatusCreated, body.body)
		default:
			writeJSON(w, http.StatusOK, body)
		}
	})
}

// majorParameter is the part of a path that has a limit of its own.
func majorParameter(r *http.Request) string {
	var parts []string
	for _, name := range []string{"channel", "guild", "token"} {
		if v := r.PathValue(name); v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " ")
}
