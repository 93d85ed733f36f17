package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// The logins of the jobs, as their task definitions have them.
const (
	loginFigures = "report"
	loginMailer  = "mailer"
)

// stopJob stops the one-off tasks of a job, and waits until they have stopped.
func stopJob(job string) act {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		api, names := ecs.NewFromConfig(cfg), infra.NamesOf(id)
		tasks, err := oneOffs(ctx, api, names.Cluster, names.Family(job))
		if err != nil {
			return err
		}
		if len(tasks) == 0 {
			return fmt.Errorf("stop %s: no task of it runs", job)
		}
		for _, arn := range tasks {
			if _, err := api.StopTask(ctx, &ecs.StopTaskInput{Cluster: &names.Cluster, Task: &arn, Reason: aws.String("It stops the shop.")}); err != nil {
				return fmt.Errorf("stop %s: %w", job, err)
			}
		}
		return every(ctx, "the tasks to stop", func() (bool, error) {
			out, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &names.Cluster, Tasks: tasks})
			if err != nil {
				return false, fmt.Errorf("look at the tasks: %w", err)
			}
			for _, t := range out.Tasks {
				if aws.ToString(t.LastStatus) != "STOPPED" {
					return false, nil
				}
			}
			return true, nil
		})
	}
}

// revokeLogin keeps a login out of the database, and ends its sessions. Either
// alone is no repair: those that are open go on, and those that end come back.
func revokeLogin(login string) act {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		return asOperator(ctx, cfg, id, func(conn *pgx.Conn) error {
			if _, err := conn.Exec(ctx, "ALTER ROLE "+pgx.Identifier{login}.Sanitize()+" NOLOGIN"); err != nil {
				return fmt.Errorf("revoke the login %s: %w", login, err)
			}
			return endSessions(ctx, conn, login)
		})
	}
}

// terminateOnce ends a login's sessions, and lets them come back.
func terminateOnce(login string) act {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		return asOperator(ctx, cfg, id, func(conn *pgx.Conn) error {
			before, err := endAll(ctx, conn, login)
			if err != nil {
				return err
			}
			return every(ctx, "the sessions to end", func() (bool, error) {
				now, err := sessions(ctx, conn, login)
				return now < before/2, err
			})
		})
	}
}

func endSessions(ctx context.Context, conn *pgx.Conn, login string) error {
	return every(ctx, "the sessions to end", func() (bool, error) {
		if _, err := endAll(ctx, conn, login); err != nil {
			return false, err
		}
		n, err := sessions(ctx, conn, login)
		return n == 0, err
	})
}

// endAll tells each session of a login to end, and counts them.
func endAll(ctx context.Context, conn *pgx.Conn, login string) (n int, err error) {
	err = conn.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1", login).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("end the sessions of %s: %w", login, err)
	}
	return n, nil
}

func sessions(ctx context.Context, conn *pgx.Conn, login string) (n int, err error) {
	err = conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", login).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the sessions of %s: %w", login, err)
	}
	return n, nil
}

// asOperator connects with the login that Secrets Manager keeps, to where it
// says. On AWS that is a private address: there the player has a session to the
// box open that forwards it.
func asOperator(ctx context.Context, cfg aws.Config, id round.ID, do func(*pgx.Conn) error) error {
	name := infra.NamesOf(id).OperatorSecret
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return fmt.Errorf("read the operator's login: %w", err)
	}
	var login infra.DatabaseSecret
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &login); err != nil {
		return errors.New("read the operator's login: it is not the JSON that it should be")
	}
	conf, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d dbname=%s connect_timeout=10", login.Host, login.Port, login.DBName))
	if err != nil {
		return fmt.Errorf("connect as operator: %w", err)
	}
	conf.User, conf.Password = login.Username, login.Password
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return fmt.Errorf("connect as operator: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // what was done is done
	return do(conn)
}

// biggerClass is the smallest class with four CPUs.
const biggerClass = "db.t4g.xlarge"

// useClass moves the database to a class at once, and waits until it is there.
func useClass(class string) act {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		api, name := rds.NewFromConfig(cfg), infra.NamesOf(id).Database
		_, err := api.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: &name, DBInstanceClass: &class, ApplyImmediately: aws.Bool(true),
		})
		if err != nil {
			return fmt.Errorf("move the database to %s: %w", class, err)
		}
		return untilDatabase(ctx, api, name, func(db types.DBInstance) bool { return aws.ToString(db.DBInstanceClass) == class })
	}
}

// moreConnections is beyond what the mailer takes at most, and the shop.
const moreConnections = "300"

// useConnections sets how many connections the database takes. It reads that
// when it starts, so it is rebooted.
func useConnections(most string) act {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		api, name := rds.NewFromConfig(cfg), infra.NamesOf(id).Database
		_, err := api.ModifyDBParameterGroup(ctx, &rds.ModifyDBParameterGroupInput{
			DBParameterGroupName: &name,
			Parameters: []types.Parameter{{
				ParameterName: aws.String("max_connections"), ParameterValue: &most, ApplyMethod: types.ApplyMethodPendingReboot,
			}},
		})
		if err != nil {
			return fmt.Errorf("allow %s connections: %w", most, err)
		}
		if _, err := api.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &name}); err != nil {
			return fmt.Errorf("reboot the database: %w", err)
		}
		return untilDatabase(ctx, api, name, func(db types.DBInstance) bool {
			for _, g := range db.DBParameterGroups {
				if aws.ToString(g.ParameterApplyStatus) != "in-sync" {
					return false
				}
			}
			return true
		})
	}
}

// untilDatabase waits until the database is available, and ok.
func untilDatabase(ctx context.Context, api *rds.Client, name string, ok func(types.DBInstance) bool) error {
	return every(ctx, "the database", func() (bool, error) {
		out, err := api.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &name})
		if err != nil {
			return false, fmt.Errorf("look at the database: %w", err)
		}
		return len(out.DBInstances) == 1 && aws.ToString(out.DBInstances[0].DBInstanceStatus) == "available" && ok(out.DBInstances[0]), nil
	})
}
