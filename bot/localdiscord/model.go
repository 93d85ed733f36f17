package localdiscord

import "time"

// Channel types, Discord's numbers.
const (
	TextChannel  = 0
	DMChannel    = 1
	PublicThread = 11
)

// Message flags, Discord's bits.
const (
	FlagSuppressEmbeds        = 1 << 2
	FlagHasThread             = 1 << 5
	FlagEphemeral             = 1 << 6
	FlagLoading               = 1 << 7
	FlagSuppressNotifications = 1 << 12
	FlagComponentsV2          = 1 << 15
)

// Channel is a text channel, a direct message or a thread.
type Channel struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Type         int      `json:"type"`
	Topic        string   `json:"topic,omitempty"`
	ParentID     string   `json:"parent_id,omitempty"`
	Recipients   []string `json:"recipients,omitempty"` // of a direct message: the person, without the bot
	Position     int      `json:"position"`
	MessageCount int      `json:"message_count"` // of a thread; the message that it hangs on does not count
	Flags        int      `json:"flags"`

	MemberCount      int `json:"member_count,omitempty"` // of a thread
	TotalMessageSent int `json:"total_message_sent"`     // of a thread; deleting one does not lower it

	GuildID        string          `json:"guild_id,omitempty"`
	OwnerID        string          `json:"owner_id,omitempty"`
	LastMessageID  string          `json:"last_message_id,omitempty"`
	ThreadMetadata *ThreadMetadata `json:"thread_metadata,omitempty"`

	// AdminsOnly hides the channel and its threads from everyone else.
	AdminsOnly bool `json:"-"`
	// Overwrites are shown to the bot, and not enforced.
	Overwrites []Overwrite `json:"-"`
}

// Overwrite changes what a role or a member may do in one channel, by Discord's
// permission bits.
type Overwrite struct {
	ID          string // of the role or the member; the guild's is everyone's role
	Member      bool
	Allow, Deny int64
}

// ThreadMetadata is what only threads have.
type ThreadMetadata struct {
	Archived            bool      `json:"archived"`
	Locked              bool      `json:"locked"`
	AutoArchiveDuration int       `json:"auto_archive_duration"` // minutes
	ArchiveTimestamp    time.Time `json:"archive_timestamp"`
	CreateTimestamp     time.Time `json:"create_timestamp"`
}

// User is Discord's user object.
type User struct {
	ID            string  `json:"id"`
	Username      string  `json:"username"`
	GlobalName    string  `json:"global_name"`
	Discriminator string  `json:"discriminator"`
	Avatar        *string `json:"avatar"`
	PublicFlags   int     `json:"public_flags"`
	Flags         int     `json:"flags"`
	PrimaryGuild  *string `json:"primary_guild"`
	Bot           bool    `json:"bot,omitempty"`
}

// Attachment is a file on a message. The bytes are behind URL.
type Attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
	Size        int    `json:"size"` // bytes
	URL         string `json:"url"`
	ProxyURL    string `json:"proxy_url"`
	ContentType string `json:"content_type,omitempty"`
}

// InteractionMetadata tells which interaction a message answers.
type InteractionMetadata struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
	Name string `json:"name,omitempty"` // of the command
	User User   `json:"user"`
	// InteractedMessageID is the message whose button was pressed.
	InteractedMessageID string `json:"interacted_message_id,omitempty"`
	// Owners says for whom the application is installed; discord.js insists.
	Owners map[string]string `json:"authorizing_integration_owners"`
}

// Message is Discord's message object, and two fields for the people's
// interface. A Message is never changed in place once it has been handed out;
// the server replaces its slices.
type Message struct {
	ID                  string               `json:"id"`
	ChannelID           string               `json:"channel_id"`
	Type                int                  `json:"type"`
	Author              User                 `json:"author"`
	Content             string               `json:"content"`
	Timestamp           time.Time            `json:"timestamp"`
	EditedTimestamp     *time.Time           `json:"edited_timestamp"`
	TTS                 bool                 `json:"tts"`
	Pinned              bool                 `json:"pinned"`
	MentionEveryone     bool                 `json:"mention_everyone"`
	Mentions            []User               `json:"mentions"`
	MentionRoles        []string             `json:"mention_roles"`
	Embeds              []Embed              `json:"embeds"`
	Components          []Component          `json:"components"`
	Attachments         []Attachment         `json:"attachments"`
	Flags               int                  `json:"flags"`
	Nonce               any                  `json:"nonce,omitempty"`
	ApplicationID       string               `json:"application_id,omitempty"`
	WebhookID           string               `json:"webhook_id,omitempty"`
	InteractionMetadata *InteractionMetadata `json:"interaction_metadata,omitempty"`
	MessageReference    *MessageReference    `json:"message_reference,omitempty"`
	Thread              *Channel             `json:"thread,omitempty"`

	EphemeralFor string `json:"ephemeral_for,omitempty"` // the only person who sees it
	Loading      bool   `json:"loading,omitempty"`       // a deferred answer is awaited

	uploads []Attachment // all files, those that embeds show too
}

// MessageReference names the message that a reply answers.
type MessageReference struct {
	Type      int    `json:"type"` // 0: a reply
	MessageID string `json:"message_id"`
	ChannelID string `json:"channel_id,omitempty"`
	GuildID   string `json:"guild_id,omitempty"`
}

// wire is the message as Discord's own interfaces show it.
func (m Message) wire() Message {
	m.EphemeralFor, m.Loading = "", false
	return m
}

func (p Person) user() User {
	return User{ID: p.ID, Username: p.Name, GlobalName: p.Name, Discriminator: "0", Bot: p.Role == Bot}
}
