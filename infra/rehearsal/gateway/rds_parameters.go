package gateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parameter is one parameter of RDS's PostgreSQL.
type parameter struct {
	name, kind string // integer, boolean, string
	static     bool   // read when the server starts, and only then
	byDefault  string // of RDS; empty: the engine's own
	allowed    string // a range 1-9, or a list a,b
	about      string
}

const onOff = "0,1"

// rdsParameters are those that matter for a shop on a small instance. RDS has some
// 400; the values are bounded as it bounds them.
var rdsParameters = []parameter{
	{"autovacuum", "boolean", false, "1", onOff, "Starts the autovacuum subprocess."},
	{"client_connection_check_interval", "integer", false, "", "0-2147483647", "(ms) Sets the time interval between checks for disconnection while running queries."},
	{"deadlock_timeout", "integer", false, "", "1-2147483647", "(ms) Sets the time to wait on a lock before checking for deadlock."},
	{"default_statistics_target", "integer", false, "", "1-10000", "Sets the default statistics target."},
	{"effective_cache_size", "integer", false, "{DBInstanceClassMemory/16384}", "1-2147483647", "(8kB) Sets the planners assumption about the size of the disk cache."},
	{"enable_hashjoin", "boolean", false, "", onOff, "Enables the planners use of hash join plans."},
	{"enable_seqscan", "boolean", false, "", onOff, "Enables the planners use of sequential-scan plans."},
	{"idle_in_transaction_session_timeout", "integer", false, "86400000", "0-2147483647", "(ms) Sets the maximum allowed duration of any idling transaction."},
	{"idle_session_timeout", "integer", false, "", "0-2147483647", "(ms) Sets the maximum allowed idle time between queries, when not in a transaction."},
	{"lock_timeout", "integer", false, "", "0-2147483647", "(ms) Sets the maximum allowed duration of any wait for a lock."},
	{"log_connections", "boolean", false, "", onOff, "Logs each successful connection."},
	{"log_disconnections", "boolean", false, "", onOff, "Logs end of a session, including duration."},
	{"log_lock_waits", "boolean", false, "", onOff, "Logs long lock waits."},
	{"log_min_duration_statement", "integer", false, "", "-1-2147483647", "(ms) Sets the minimum execution time above which statements will be logged."},
	{"log_statement", "string", false, "", "none,ddl,mod,all", "Sets the type of statements logged."},
	{"maintenance_work_mem", "integer", false, "GREATEST({DBInstanceClassMemory*1024/63963136},65536)", "1024-2147483647", "(kB) Sets the maximum memory to be used for maintenance operations."},
	{"max_connections", "integer", true, "LEAST({DBInstanceClassMemory/9531392},5000)", "6-8388607", "Sets the maximum number of concurrent connections."},
	{"max_locks_per_transaction", "integer", true, "64", "10-2147483647", "Sets the maximum number of locks per transaction."},
	{"max_parallel_workers", "integer", false, "GREATEST($DBInstanceVCPU/2,8)", "0-1024", "Sets the maximum number of parallel workers than can be active at one time."},
	{"max_parallel_workers_per_gather", "integer", false, "", "0-1024", "Sets the maximum number of parallel processes per executor node."},
	{"max_worker_processes", "integer", true, "GREATEST($DBInstanceVCPU*2,8)", "0-262143", "Sets the maximum number of concurrent worker processes."},
	{"random_page_cost", "string", false, "", "", "Sets the planners estimate of the cost of a nonsequentially fetched disk page."},
	{"seq_page_cost", "string", false, "", "", "Sets the planners estimate of the cost of a sequentially fetched disk page."},
	{"shared_buffers", "integer", true, "{DBInstanceClassMemory/32768}", "16-1073741823", "(8kB) Sets the number of shared memory buffers used by the server."},
	{"statement_timeout", "integer", false, "", "0-2147483647", "(ms) Sets the maximum allowed duration of any statement."},
	{"superuser_reserved_connections", "integer", true, "3", "0-8388607", "Sets the number of connection slots reserved for superusers."},
	{"tcp_keepalives_count", "integer", false, "2", "0-2147483647", "Maximum number of TCP keepalive retransmits."},
	{"tcp_keepalives_idle", "integer", false, "300", "0-2147483647", "(s) Time between issuing TCP keepalives."},
	{"tcp_keepalives_interval", "integer", false, "30", "0-2147483647", "(s) Time between TCP keepalive retransmits."},
	{"temp_file_limit", "integer", false, "", "-1-2147483647", "(kB) Limits the total size of all temporary files used by each session."},
	{"track_activity_query_size", "integer", true, "4096", "100-102400", "(B) Sets the size reserved for pg_stat_activity.query."},
	{"work_mem", "integer", false, "", "64-2147483647", "(kB) Sets the maximum memory to be used for query workspaces."},
}

func parameterOf(name string) (parameter, bool) {
	i := slices.IndexFunc(rdsParameters, func(p parameter) bool { return p.name == name })
	if i < 0 {
		return parameter{}, false
	}
	return rdsParameters[i], true
}

// mostConnections bounds what a rehearsal's PostgreSQL is asked for: each
// connection that may be made is memory that it takes when it starts.
const mostConnections = 5000

// check judges a value as RDS does.
func (p parameter) check(value string) error {
	wrong := badRequest("InvalidParameterValue", "Invalid parameter value: %s for: %s allowed values are: %s", value, p.name, p.allowed)
	if strings.ContainsAny(value, "{}()$") {
		return badRequest("InvalidParameterValue", "The rehearsal takes no formulas: give %s a value.", p.name)
	}
	switch p.kind {
	case "integer":
		n, err := strconv.Atoi(value)
		low, high := p.bounds()
		if err != nil || n < low || n > high {
			return wrong
		}
		if p.name == "max_connections" && n > mostConnections {
			return badRequest("InvalidParameterValue", "The rehearsal's PostgreSQL takes at most %d connections.", mostConnections)
		}
	case "string":
		if p.allowed == "" {
			if _, err := strconv.ParseFloat(value, 64); err != nil {
				return wrong
			}
			return nil
		}
		fallthrough
	default:
		if !slices.Contains(strings.Split(p.allowed, ","), value) {
			return wrong
		}
	}
	return nil
}

// bounds reads low-high, of which low may be negative.
func (p parameter) bounds() (low, high int) {
	cut := 1 + strings.Index(p.allowed[1:], "-")
	low, _ = strconv.Atoi(p.allowed[:cut]) // the table's own
	high, _ = strconv.Atoi(p.allowed[cut+1:])
	return low, high
}

// show writes a parameter as RDS does; value is the group's own, where it has one.
func (p parameter) show(value, method string) string {
	source, shown := "engine-default", ""
	switch {
	case method != "":
		source, shown = "user", value
	case p.byDefault != "":
		source, shown = "system", p.byDefault
	}
	if method == "" {
		method = "pending-reboot"
	}
	kind := "dynamic"
	if p.static {
		kind = "static"
	}
	out := "<ParameterName>" + p.name + "</ParameterName>"
	if shown != "" {
		out += "<ParameterValue>" + escape(shown) + "</ParameterValue>"
	}
	return "<Parameter>" + out + fmt.Sprintf("<Description>%s</Description><Source>%s</Source><ApplyType>%s</ApplyType><DataType>%s</DataType>"+
		"<AllowedValues>%s</AllowedValues><IsModifiable>true</IsModifiable><ApplyMethod>%s</ApplyMethod>", p.about, source, kind, p.kind, p.allowed, method) + "</Parameter>"
}
