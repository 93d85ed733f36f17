package infra

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func tasksOfState(i Inventory, all state, w words, n Names) {
	for _, r := range all["aws_ecs_task_definition"] {
		family := r.at("family").String()
		var containers []ecstypes.ContainerDefinition
		if err := json.Unmarshal([]byte(r.at("container_definitions").String()), &containers); err != nil {
			i.Tasks[family] = "no containers: " + err.Error()
			continue
		}
		i.task(w, family, containers, r.at("cpu").String(), r.at("memory").String(), r.at("network_mode").String(),
			strings.Join(r.at("requires_compatibilities").texts(), ","), r.at("execution_role_arn").String(), r.at("task_role_arn").String())
		i.Tags["task definition "+family] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_ecs_service"] {
		name, net := r.at("name").String(), r.at("network_configuration")
		i.Services[name] = sayService(w, r.at("desired_count").String(), r.at("launch_type").String(), r.at("propagate_tags").String(),
			net.at("subnets").texts(), net.at("security_groups").texts(), net.at("assign_public_ip").String())
		if group := r.at("load_balancer", "target_group_arn").String(); group != "" {
			i.Services[name+" behind"] = fmt.Sprintf("%s %s:%s", w.say(group), r.at("load_balancer", "container_name"), r.at("load_balancer", "container_port"))
		}
		i.Tags["service "+name] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_ecs_cluster"] {
		i.Names["cluster"] = r.at("name").String()
		i.Tags["cluster"] = sayTags(r.at("tags_all").tags())
	}
}

// task notes a task definition; both makers' containers come in AWS's own shape.
func (i Inventory) task(w words, family string, containers []ecstypes.ContainerDefinition, cpu, memory, network, compatible, execution, role string) {
	i.Tasks[family] = fmt.Sprintf("cpu %s memory %s network %s %s starts as %s runs as %s", cpu, memory, network, compatible, w.say(execution), w.say(role))
	for _, c := range containers {
		at := family + " " + aws.ToString(c.Name)
		i.Tasks[at] = fmt.Sprintf("%s memory %d essential %v", aws.ToString(c.Image), aws.ToInt32(c.Memory), aws.ToBool(c.Essential))
		for _, p := range c.PortMappings {
			i.Tasks[fmt.Sprintf("%s port %d", at, aws.ToInt32(p.ContainerPort))] = string(p.Protocol)
		}
		for _, e := range c.Environment {
			i.Tasks[at+" "+aws.ToString(e.Name)] = w.say(aws.ToString(e.Value))
		}
		for _, e := range c.Secrets {
			i.Tasks[at+" "+aws.ToString(e.Name)] = "secret " + w.say(aws.ToString(e.ValueFrom))
		}
		if l := c.LogConfiguration; l != nil {
			i.Tasks[at+" log"] = string(l.LogDriver) + " " + sayTags(l.Options)
		}
	}
}

func sayService(w words, desired, launch, propagate string, subnets, groups []string, public string) string {
	return fmt.Sprintf("%s tasks on %s tags from %s in %s groups %s addresses %s", desired, launch, propagate, w.sayAll(subnets), w.sayAll(groups), public)
}

func restOfState(i Inventory, all state, w words, n Names) {
	for _, r := range all["aws_iam_role"] {
		if r.at("name").String() == n.TasksRole {
			i.Roles[n.TasksRole+" trust"] = canonicalJSON(r.at("assume_role_policy").String())
			i.Roles[n.TasksRole+" path"] = r.at("path").String()
			i.Tags["role "+n.TasksRole] = sayTags(r.at("tags_all").tags())
		}
	}
	for _, r := range all["aws_iam_role_policy"] {
		if r.at("role").String() == n.TasksRole {
			i.Roles[n.TasksRole+" rights "+r.at("name").String()] = canonicalJSON(r.at("policy").String())
		}
	}
	for _, r := range all["aws_db_instance"] {
		i.Database["instance"] = fmt.Sprintf("%s %s %s %s %s GiB", r.at("identifier"), r.at("engine"), r.at("engine_version"), r.at("instance_class"), r.at("allocated_storage"))
		i.Database["access"] = fmt.Sprintf("port %s public %s groups %s", r.at("port"), r.at("publicly_accessible"), w.sayAll(r.at("vpc_security_group_ids").texts()))
		i.Database["kept"] = fmt.Sprintf("encrypted %s backups %s protected %s", r.at("storage_encrypted"), r.at("backup_retention_period"), r.at("deletion_protection"))
		i.Database["content"] = fmt.Sprintf("%s run by %s", r.at("db_name"), r.at("username"))
		i.Database["of groups"] = fmt.Sprintf("%s %s", r.at("db_subnet_group_name"), r.at("parameter_group_name"))
		i.Database["password"] = "managed " + r.at("manage_master_user_password").String()
		i.Database["logs"] = strings.Join(r.at("enabled_cloudwatch_logs_exports").texts(), ",")
		i.Tags["database"] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_db_subnet_group"] {
		i.Database["subnets"] = w.sayAll(r.at("subnet_ids").texts())
		i.Tags["database's subnet group"] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_db_parameter_group"] {
		i.Database["family"] = r.at("family").String()
		for _, p := range r.at("parameter").list() {
			i.Database["parameter "+p.at("name").String()] = p.at("value").String() + " by " + p.at("apply_method").String()
		}
		i.Tags["database's parameter group"] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_appautoscaling_target"] {
		i.Scaling["bounds of "+r.at("resource_id").String()] = fmt.Sprintf("%s to %s", r.at("min_capacity"), r.at("max_capacity"))
	}
	for _, r := range all["aws_appautoscaling_policy"] {
		c := r.at("target_tracking_scaling_policy_configuration")
		i.Scaling["policy "+r.at("name").String()] = fmt.Sprintf("%s %s out %s in %s", c.at("predefined_metric_specification", "predefined_metric_type"), c.at("target_value"), c.at("scale_out_cooldown"), c.at("scale_in_cooldown"))
	}
	hostsOfState(i, all, w, n)
	for _, r := range all["aws_ssm_parameter"] {
		i.Names["parameter "+r.at("name").String()] = r.at("type").String()
		if r.at("name").String() == n.Releases {
			i.Tags["parameter "+n.Releases] = sayTags(r.at("tags_all").tags())
		}
	}
	for _, r := range all["aws_sqs_queue"] {
		if r.at("name").String() == n.Queue {
			i.Names["queue"] = n.Queue
			i.Tags["queue"] = sayTags(r.at("tags_all").tags())
		}
	}
}

func hostsOfState(i Inventory, all state, w words, n Names) {
	for _, r := range all["aws_launch_template"] {
		i.Hosts["box template"] = fmt.Sprintf("%s type %s key %s groups %s metadata by token %s", r.at("name"), r.at("instance_type"), r.at("key_name"),
			w.sayAll(r.at("vpc_security_group_ids").texts()), r.at("metadata_options", "http_tokens"))
		i.Hosts["box template profile"] = r.at("iam_instance_profile", "name").String()
		for _, d := range r.at("block_device_mappings").list() {
			e := d.at("ebs")
			i.Hosts["box template disk "+d.at("device_name").String()] = fmt.Sprintf("%s GiB %s encrypted %s goes too %s", e.at("volume_size"), e.at("volume_type"), e.at("encrypted"), e.at("delete_on_termination"))
		}
		for _, s := range r.at("tag_specifications").list() {
			i.Tags["box's template's "+s.at("resource_type").String()] = sayTags(s.at("tags").tags())
		}
		i.Tags["box's template"] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_instance"] {
		role := r.at("tags", "role").String()
		at := r
		for _, eni := range all["aws_network_interface"] {
			if eni.at("id").String() == r.at("network_interface", "network_interface_id").String() {
				at = eni
			}
		}
		i.Hosts[role+" subnet"] = w.say(at.at("subnet_id").String())
		i.Tags["host "+role] = sayTags(r.at("tags_all").tags())
		if role == RoleMonitoring {
			i.Hosts[role+" type"] = r.at("instance_type").String()
			i.Hosts[role+" groups"] = w.sayAll(at.at("security_groups").texts())
			i.Hosts[role+" metadata by token"] = r.at("metadata_options", "http_tokens").String()
			i.Hosts[role+" profile"] = r.at("iam_instance_profile").String()
			i.Hosts[role+" root"] = "encrypted " + r.at("root_block_device", "encrypted").String()
		}
	}
	for _, r := range all["aws_key_pair"] {
		i.Names["key pair"] = r.at("key_name").String()
		i.Tags["key pair"] = sayTags(r.at("tags_all").tags())
	}
}
