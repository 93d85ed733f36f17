# The shop itself: its image's repository, the cluster with its services and the
# one-off tasks, the role by which tasks start, and the scaling.
locals {
  image = "${aws_ecr_repository.shop.repository_url}:${var.release}"
  pace  = var.layout.pace

  # What runs as a task, with the role that its tag says.
  runs = merge(
    { for s in var.layout.services : s.name => s.group },
    { for j in var.layout.jobs : j.name => j.group },
  )
  services = { for s in var.layout.services : s.name => s if !s.guest }
  guests   = { for s in var.layout.services : s.name => s if s.guest }

  # Their sizes are read before anything is filled in, so that a plan knows what
  # the tasks cost: of a text with one unknown name, it knows nothing at all.
  sizes = { for name, _ in local.runs : name => jsondecode(file("${path.root}/../tasks/${name}.json")) }

  # As RegisterTaskDefinition takes them.
  definitions = { for name, _ in local.runs : name => jsondecode(templatefile("${path.root}/../tasks/${name}.json", {
    prefix          = var.names.prefix
    round           = var.names.round
    region          = var.region
    image           = local.image
    tasks_role      = aws_iam_role.tasks.arn
    database_host   = var.database_host
    database_name   = var.names.database_name
    database_secret = var.database_secret
    operator_secret = var.operator
    pool_size       = local.pace.pool_size
    pool_lifetime   = local.pace.pool_lifetime
    connect_timeout = local.pace.connect_timeout
    inventory_url   = var.inventory
    target_url      = "http://${aws_route53_record.balancer.name}"
    visitors_rate   = local.pace.visitors_rate
    suggestions     = local.pace.suggestions
    report_parallel = local.pace.report_parallel
    report_pause    = local.pace.report_pause
  })) }
}

# The bot pushes the image as soon as the repository is there; the services come
# minutes later, when the database has its address.
resource "aws_ecr_repository" "shop" {
  name                 = var.names.repository
  force_delete         = true
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "AES256"
  }

  image_scanning_configuration {
    scan_on_push = true
  }

  tags = {
    role = "tasks"
    Name = var.names.repository
  }
}

resource "aws_iam_role" "tasks" {
  name               = var.names.tasks_role
  path               = var.names.path
  assume_role_policy = var.documents["tasks-trust"]

  tags = {
    role = "tasks"
    Name = var.names.tasks_role
  }
}

resource "aws_iam_role_policy" "tasks" {
  name   = aws_iam_role.tasks.name
  role   = aws_iam_role.tasks.name
  policy = var.documents["tasks"]
}

resource "aws_cloudwatch_log_group" "runs" {
  for_each = local.runs

  name              = "${var.names.path}${each.key}"
  retention_in_days = 7

  tags = {
    role = each.value
    Name = "${var.names.path}${each.key}"
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.names.cluster

  tags = {
    role = "tasks"
    Name = var.names.cluster
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.runs

  family                   = local.definitions[each.key].family
  requires_compatibilities = local.sizes[each.key].requiresCompatibilities
  network_mode             = local.sizes[each.key].networkMode
  cpu                      = local.sizes[each.key].cpu
  memory                   = local.sizes[each.key].memory
  execution_role_arn       = local.definitions[each.key].executionRoleArn
  task_role_arn            = try(local.definitions[each.key].taskRoleArn, null)
  container_definitions    = jsonencode(local.definitions[each.key].containerDefinitions)

  tags = {
    role = each.value
    Name = local.definitions[each.key].family
  }
}

# No circuit breaker: a bad release stays until somebody rolls it back.
resource "aws_ecs_service" "this" {
  for_each = local.services

  name                  = each.key
  cluster               = aws_ecs_cluster.this.name
  task_definition       = aws_ecs_task_definition.this[each.key].arn
  desired_count         = each.value.desired
  launch_type           = "FARGATE"
  propagate_tags        = "SERVICE"
  wait_for_steady_state = true

  network_configuration {
    subnets          = [for role in each.value.subnets : var.subnets[role]]
    security_groups  = [var.groups[each.value.group]]
    assign_public_ip = true
  }

  dynamic "load_balancer" {
    for_each = each.value.balanced ? [each.key] : []
    content {
      target_group_arn = aws_lb_target_group.this.arn
      container_name   = load_balancer.value
      container_port   = var.layout.ports.app
    }
  }

  tags = {
    role = each.value.group
    Name = "${var.names.prefix}-${each.key}"
  }

  lifecycle {
    ignore_changes = [desired_count] # the scaling's
  }

  depends_on = [aws_lb_listener.this, aws_iam_role_policy.tasks, aws_cloudwatch_log_group.runs]
}

# They come once the shop answers: a young stack must not page.
resource "aws_ecs_service" "guests" {
  for_each = local.guests

  name                  = each.key
  cluster               = aws_ecs_cluster.this.name
  task_definition       = aws_ecs_task_definition.this[each.key].arn
  desired_count         = each.value.desired
  launch_type           = "FARGATE"
  propagate_tags        = "SERVICE"
  wait_for_steady_state = false

  network_configuration {
    subnets          = [for role in each.value.subnets : var.subnets[role]]
    security_groups  = [var.groups[each.value.group]]
    assign_public_ip = true
  }

  tags = {
    role = each.value.group
    Name = "${var.names.prefix}-${each.key}"
  }

  depends_on = [aws_ecs_service.this, aws_iam_role_policy.tasks, aws_cloudwatch_log_group.runs]
}

# The list of what was released, to which whoever releases something appends: a
# line as infra.Deployment writes it.
resource "aws_ssm_parameter" "releases" {
  name        = var.names.releases
  description = "What was released, newest last: one JSON object a line."
  type        = "String"
  insecure_value = jsonencode({
    at       = plantimestamp()
    by       = "release-pipeline"
    service  = "api"
    release  = var.release
    revision = "${aws_ecs_task_definition.this["api"].family}:${aws_ecs_task_definition.this["api"].revision}"
  })

  tags = {
    role = "tasks"
    Name = var.names.releases
  }

  lifecycle {
    ignore_changes = [insecure_value]
  }
}
